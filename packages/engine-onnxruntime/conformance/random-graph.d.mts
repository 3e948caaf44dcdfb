// The types of random-graph.mjs, for the tests.
export interface Step {
  readonly input?: object;
  readonly operation?: string;
  readonly args?: readonly number[];
  readonly options?: object;
  readonly read?: boolean;
  readonly shape: readonly number[];
  readonly dtype: string;
}
export interface RandomProgram {
  readonly seed: number;
  readonly steps: readonly Step[];
  readonly wanted: readonly number[];
  readonly gradient: boolean;
}
export function randomProgram(seed: number): RandomProgram;
export function describeProgram(program: RandomProgram): string;
