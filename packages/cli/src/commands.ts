/** The commands, by name: oclif's explicit discovery. */
import Bench from './commands/bench/command.js';
import Complete from './commands/complete/command.js';
import Completion from './commands/completion/command.js';
import Data from './commands/data/command.js';
import Describe from './commands/describe/command.js';
import Export from './commands/export/command.js';
import Init from './commands/init/command.js';
import InitPlugin from './commands/init-plugin/command.js';
import List from './commands/list/command.js';
import Predict from './commands/predict/command.js';
import Pretrain from './commands/pretrain/command.js';
import Report from './commands/report/command.js';
import Run from './commands/run/command.js';
import Schema from './commands/schema/command.js';
import Serve from './commands/serve/command.js';
import Threshold from './commands/threshold/command.js';
import Worker from './commands/worker/command.js';

export const commands = {
  run: Run,
  data: Data,
  bench: Bench,
  worker: Worker,
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
