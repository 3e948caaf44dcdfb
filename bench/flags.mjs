// The flags of a benchmark; one it doesn't have is said in a line.
import { parseArgs } from 'node:util';

export function flagsOf(options) {
  try {
    return parseArgs({ options }).values;
  } catch ({ message }) {
    console.error(`${message.split('. ')[0]}. There are --${Object.keys(options).join(', --')}.`);
    process.exit(2);
  }
}
