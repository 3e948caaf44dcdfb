/** The adfw command, for programs that bring it along; to run experiments from a program, use @adfw/runner. */
export { main } from './main.js';
