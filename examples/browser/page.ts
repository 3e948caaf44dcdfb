// Loads the model beside this page and scores what is chosen or dropped, on the GPU where the browser gives one (WebGPU), else in wasm.
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgpu';
import { type AnomalyMap, type BrowserDetector, loadDetector, tf } from 'adfw/browser';

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const [status, verdict] = [element('status'), element('verdict')];
const file = element<HTMLInputElement>('file');
const strength = element<HTMLInputElement>('strength');
const [picture, heat] = [element<HTMLCanvasElement>('image'), element<HTMLCanvasElement>('map')];

/** `?backend=wasm` asks for one of the two. */
async function startBackend(): Promise<string> {
  setWasmPaths('wasm/');
  const asked = new URLSearchParams(location.search).get('backend');
  const hasGpu = (await navigator.gpu?.requestAdapter()) != null;
  for (const name of asked ? [asked] : hasGpu ? ['webgpu', 'wasm'] : ['wasm'])
    if (await tf.setBackend(name).catch(() => false)) return name;
  throw new Error(`The backend ${asked ?? 'wasm'} does not start in this browser.`);
}

/** Transparent up to half of `limit`, orange at it, red from one and a half of it on: a colour says the same on every image. */
function drawMap({ width, height, data }: AnomalyMap, limit: number): void {
  const pixels = new ImageData(width, height);
  data.forEach((value, index) => {
    const share = Math.min(1, Math.max(0, value / limit - 0.5));
    pixels.data.set([255, Math.round(200 * (1 - share)), 0, Math.round(255 * share)], index * 4);
  });
  Object.assign(heat, { width, height });
  heat.getContext('2d')?.putImageData(pixels, 0, 0);
}

async function show(detector: BrowserDetector, image: File): Promise<void> {
  const start = performance.now();
  const { score, anomalous, threshold, map } = await detector.predict(image);
  const milliseconds = performance.now() - start;

  const bitmap = await createImageBitmap(image);
  Object.assign(picture, { width: bitmap.width, height: bitmap.height });
  picture.getContext('2d')?.drawImage(bitmap, 0, 0);
  bitmap.close();
  element('result').classList.toggle('without-map', map === null);
  if (map) drawMap(map, threshold ?? score);
  verdict.textContent = anomalous === null ? 'No threshold' : anomalous ? 'Anomalous' : 'Good';
  verdict.className = anomalous ? 'bad' : 'good';
  element('score').textContent = score.toPrecision(4);
  element('threshold').textContent = threshold?.toPrecision(4) ?? 'none';
  element('time').textContent = `${milliseconds.toFixed(0)} ms`;
  element('result').hidden = false;
  status.textContent = `${image.name}, on ${tf.getBackend()}.`;
}

const failed = (error: unknown) => {
  element('result').hidden = true;
  status.textContent = (error as Error).message;
};

try {
  const backend = await startBackend();
  const detector = await loadDetector('model/');
  status.textContent = `The model is loaded, on ${backend}.`;
  file.disabled = false;

  const score = (images: FileList | null | undefined) => {
    const image = images?.[0];
    if (!image) return;
    status.textContent = `Looking at ${image.name}…`;
    show(detector, image).catch(failed);
  };
  file.addEventListener('change', () => score(file.files));
  const drop = element('drop');
  for (const type of ['dragover', 'dragleave', 'drop'] as const)
    drop.addEventListener(type, (event) => {
      event.preventDefault();
      drop.classList.toggle('over', type === 'dragover');
      if (type === 'drop') score(event.dataTransfer?.files);
    });
  const fade = () => {
    heat.style.opacity = strength.value;
  };
  strength.addEventListener('input', fade);
  fade();
} catch (error) {
  failed(error);
}
