import type { Layout } from '../layout.js';
import type { RecordedNode } from '../record/graph.js';
import type { TensorSpec } from '../types.js';
import type { Emitter } from './emitter.js';
import type { Operand } from './operand.js';

/** What the engine knows of a kernel: how it is written in ONNX. */

/** Which layouts an operation wants its inputs in and gives its outputs in; null where it doesn't matter. */
export interface LayoutDemands {
  readonly inputs: readonly (Layout | null)[];
  readonly outputs: readonly (Layout | null)[];
}

/** What a value that is being emitted should be, and the layout that its neighbours prefer. */
export type ResultSpec = TensorSpec & { readonly layout: Layout };

/** As many as the node was recorded with; typed so that an operation can name the ones it knows it has. */
type AsRecorded<T> = readonly [T, T, T, ...T[]];

/** What the emission of a node knows. */
export interface Emission<A> {
  readonly emitter: Emitter;
  readonly inputs: AsRecorded<Operand>;
  readonly attributes: A;
  readonly outputs: AsRecorded<ResultSpec>;
}

/** Two nodes of one operation differ only in what is keyed. */
// biome-ignore lint/suspicious/noExplicitAny: operations of all attribute types stand in one list.
export interface Operation<A = any> {
  /** Unique, and the tfjs kernel's name where there is one: error messages say it. */
  readonly name: string;
  /** It works in any layout, on operands of its results' rank that lie the same way. */
  readonly sharesLayout?: boolean;
  /** The number that all elements of its results are, where it has no inputs. */
  uniform?(attributes: A): number;
  /** Layouts it wants, where nothing recorded before it wanted another one of the same values. */
  demands?(node: RecordedNode<Operation>, attributes: A, block: number): LayoutDemands;
  emit(emission: Emission<A>): Operand | Operand[];
}
