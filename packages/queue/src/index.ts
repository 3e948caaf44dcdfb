/** Runs the cells of a benchmark on any number of machines, by a queue in Redis or Valkey. */
export { openQueue, type QueueOfCells, type QueueOptions } from './queue-of-cells.js';
export { serverName } from './redis.js';
export { type WorkerEvent, type WorkerOptions, workOnCells } from './work-on-cells.js';
