/** Is told when the engine begins to compile a program or to run one; what it gives is called when that ends. */
export type EngineWatch = (work: 'compiling' | 'running') => () => void;

/** Null for nobody. */
export let engineWatch: EngineWatch | null = null;

/** Watches the engines of this thread from now on; null ends it. */
export function watchEngine(watch: EngineWatch | null): void {
  engineWatch = watch;
}
