/** What the process that was started and those that serve for it say to each other. */
import type { MetricsData } from '../server-metrics.js';
import type { ServingInfo, ServingTask } from './serving.js';

export type ToProcess =
  | { readonly task: ServingTask }
  /** Answer the requests that have begun, and end. */
  | { readonly stop: true }
  /** Say your metrics. */
  | { readonly measure: number }
  /** Those of all, which were asked for. */
  | { readonly gathered: number; readonly metrics: readonly MetricsData[] };

export type FromProcess =
  /** It listens: what it was told before is lost. */
  | { readonly listens: true }
  | { readonly ready: ServingInfo }
  /** It cannot serve, and ends. */
  | { readonly refused: { readonly message: string; readonly isConfiguration: boolean } }
  | { readonly measured: number; readonly metrics: MetricsData }
  /** Say the metrics of all. */
  | { readonly gather: number };
