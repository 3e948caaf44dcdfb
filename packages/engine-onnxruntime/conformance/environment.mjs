// Before the tests are loaded: they ask at once for which backends they are.
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util.js';

setTestEnvs([{ name: 'onnxruntime', backendName: 'onnxruntime', isDataSync: true }]);
