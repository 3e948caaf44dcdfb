/** The stack that a pickle's operations work on, with its marks. */
import type { PickleBytes } from './pickle-bytes.js';

/** Each that takes values off fails where there are not as many. */
export interface PickleStack {
  push(value: unknown): void;
  pop(): unknown;
  /** What is on top, which stays there. */
  top(): unknown;
  /** The same; undefined where there is nothing. */
  last(): unknown;
  /** The values on top, the first pushed first. */
  popTuple(length: number): unknown[];
  /** What is pushed from here on is taken off by `popMarked`. */
  mark(): void;
  popMarked(): unknown[];
}

export function pickleStack({ fail }: Pick<PickleBytes, 'fail'>): PickleStack {
  let stack: unknown[] = [];
  /** The stacks below each mark. */
  const marked: unknown[][] = [];
  const misfit = () => fail('its operations do not fit together');
  return {
    push(value) {
      stack.push(value);
    },
    pop: () => (stack.length ? stack.pop() : misfit()),
    top: () => (stack.length ? stack.at(-1) : misfit()),
    last: () => stack.at(-1),
    popTuple(length) {
      if (stack.length < length) misfit();
      return stack.splice(stack.length - length);
    },
    mark() {
      marked.push(stack);
      stack = [];
    },
    popMarked() {
      const items = stack;
      stack = marked.pop() ?? misfit();
      return items;
    },
  };
}
