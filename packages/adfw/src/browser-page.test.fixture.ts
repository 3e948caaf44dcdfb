/** What the tests of the browser's side call in a page. */
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { loadDetector, tf } from './browser.js';
import { readPixels } from './browser-image.js';

const inPage = { loadDetector, readPixels, setWasmPaths, tf };
export type InPage = typeof inPage;

Object.assign(globalThis, { inPage });
