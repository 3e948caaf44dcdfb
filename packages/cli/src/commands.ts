/** The commands, by name: oclif's explicit discovery. */
import Bench from './commands/bench.js';
import Complete from './commands/complete.js';
import Completion from './commands/completion.js';
import Describe from './commands/describe.js';
import Export from './commands/export.js';
import Init from './commands/init.js';
import InitPlugin from './commands/init-plugin.js';
import List from './commands/list.js';
import Predict from './commands/predict.js';
import Pretrain from './commands/pretrain.js';
import Report from './commands/report.js';
import Run from './commands/run.js';
import Schema from './commands/schema.js';
import Serve from './commands/serve.js';
import Threshold from './commands/threshold.js';

export const commands = {
  run: Run,
  bench: Bench,
  pretrain: Pretrain,
  predict: Predict,
  serve: Serve,
  report: Report,
  threshold: Threshold,
  export: Export,
  list: List,
  describe: Describe,
  schema: Schema,
  init: Init,
  'init:plugin': InitPlugin,
  completion: Completion,
  complete: Complete,
};
