/**
 * A model whose anomaly map is the red of the image, its score the most there is of it, and whose time is the test's: scoring waits
 * while it is held.
 */
import { type Frame, framed, mapOfImage, type RgbImage } from '@adfw/core';
import type { ModelManifest } from '@adfw/runner';
import sharp from 'sharp';
import type { ServableModel } from './models/model-slot.js';

export const SIZE = { height: 16, width: 24 };
export const THRESHOLD = 0.5;

export interface FakeModel extends ServableModel {
  /** Whether it was closed; what is scored after that fails. */
  readonly isClosed: boolean;
  /** Sizes of the batches that were scored. */
  readonly batches: number[];
  /** Scoring waits until it is released. */
  hold(): void;
  release(): void;
  /** What the next batch fails with. */
  failWith(error: Error): void;
  /** As if the thread had ended. */
  die(error: Error): void;
}

export function fakeModel({
  threshold = THRESHOLD as number | null,
  scoreRange = { min: 0, max: 1 },
  dataset = { type: 'mvtec', root: '/secret/place/part' } as Record<string, unknown> | null,
  reading = undefined as ModelManifest['reading'],
  hasMaps = true,
  frame = SIZE as Frame,
  /** What its scores and maps are multiplied by, to tell it from another. */
  factor = 1,
} = {}): FakeModel {
  let gate = Promise.resolve();
  let open = () => {};
  let fault: Error | null = null;
  let die: (error: Error) => void = () => {};
  const batches: number[] = [];
  let isClosed = false;
  return {
    batches,
    get isClosed() {
      return isClosed;
    },
    async close() {
      isClosed = true;
    },
    hold() {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    release: () => open(),
    failWith(error) {
      fault = error;
    },
    die: (error) => die(error),
    ended: new Promise((resolve) => {
      die = resolve;
    }),
    engine: { name: 'onnxruntime', version: '1', provider: 'cpu', threads: 2 },
    manifest: {
      imageSize: frame,
      ...(reading && { reading }),
      thresholds: { deployed: threshold, benchmark: null },
      scoreRange,
      mapRange: hasMaps ? { min: 0, max: 1 } : null,
      experiment: { method: 'stfpm', ...(dataset && { dataset }) },
    } as unknown as ModelManifest,
    detector: {
      async detect(images: readonly RgbImage[]) {
        if (isClosed) throw new Error('The model is closed.');
        batches.push(images.length);
        await gate;
        if (fault) {
          const error = fault;
          fault = null;
          throw error;
        }
        return images.map((image) => {
          const { data } = framed(image, frame);
          const seen = Float32Array.from(
            { length: data.length / 3 },
            (_, i) => (factor * (data[3 * i] as number)) / 255,
          );
          const map = mapOfImage(seen, image, frame);
          return { score: map.reduce((one, other) => Math.max(one, other)), map: hasMaps ? map : null };
        });
      },
    },
  };
}

/** Where an image is red, in pixels. */
export interface RedBox {
  left: number;
  top: number;
  width: number;
  height: number;
  /** 0 to 255. */
  red: number;
}

/** A black PNG, of the model's size unless told otherwise, with a red box. */
export function picture(box: RedBox | null = null, { height, width } = SIZE): Promise<Buffer> {
  const data = new Uint8Array(height * width * 3);
  if (box)
    for (let y = box.top; y < box.top + box.height; y++)
      for (let x = box.left; x < box.left + box.width; x++) data[3 * (y * width + x)] = box.red;
  return sharp(data, { raw: { height, width, channels: 3 } })
    .png()
    .toBuffer();
}

export const BOX: RedBox = { left: 4, top: 2, width: 6, height: 8, red: 255 };
