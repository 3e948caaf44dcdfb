/** `POST /predict`. */
import { predictImage, type ScoringWorker } from '@adfw/runner';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Admission, Ticket } from './admission.js';
import { type Includable, includable, predictSchema } from './api-schema.js';
import type { BatchScorer } from './batch-scorer.js';
import { deadline } from './deadline.js';
import { HttpError } from './http-error.js';
import type { DecodedPhoto, MapTask } from './image-thread.js';
import type { ImageThreads } from './image-threads.js';
import type { Limits } from './limits.js';
import { type ImageAnswer, mapStatistics, type PredictionAnswer } from './prediction-answer.js';
import { requestImages, type SentImage } from './request-images.js';

export interface PredictRouteParts {
  readonly manifest: ScoringWorker['manifest'];
  /** null: there are no verdicts. */
  readonly threshold: number | null;
  readonly scorer: BatchScorer;
  readonly threads: ImageThreads;
  readonly admission: Admission;
  readonly limits: Limits;
  /** Called with each image that was scored. */
  readonly onVerdict: (verdict: 'nominal' | 'defective' | 'none') => void;
}

const [JSON_TYPE, PNG_TYPE] = ['application/json', 'image/png'];

/** An image, scored. */
interface Scored extends DecodedPhoto {
  readonly prediction: Awaited<ReturnType<typeof predictImage>>;
}

interface Visit {
  readonly ticket: Ticket;
  readonly signal: AbortSignal;
}

export function addPredictRoute(app: FastifyInstance, parts: PredictRouteParts): void {
  const { manifest, threads, admission, limits, onVerdict } = parts;
  const visits = new WeakMap<FastifyRequest, Visit>();

  for (const type of ['multipart/form-data', 'application/octet-stream', /^image\//])
    app.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  app.route({
    method: 'POST',
    url: '/predict',
    schema: predictSchema,
    // The images of a body are checked by what decodes them.
    validatorCompiler: () => () => true,
    bodyLimit: limits.bodyBytes,
    // Before the body is read.
    onRequest: async (request, reply) => {
      const ticket = admission.enter(announcedBytes(request, limits.bodyBytes));
      reply.raw.once('close', ticket.leave);
      visits.set(request, { ticket, signal: deadline(request, reply, limits.timeout) });
    },
    handler: async (request, reply) => {
      const { ticket, signal } = visits.get(request) as Visit;
      const answerType = request.accepts().type([JSON_TYPE, PNG_TYPE] as string[]);
      if (!answerType)
        throw new HttpError(406, 'not-acceptable', `Answers are ${JSON_TYPE} or ${PNG_TYPE}: accept one.`);
      const wanted = includes(request.query as { include?: unknown });
      const images = await sentImages(request, limits.images);
      if (answerType === PNG_TYPE && images.length > 1)
        throw new HttpError(
          406,
          'not-acceptable',
          `A PNG shows one image, and ${images.length} were sent: accept ${JSON_TYPE}, or send one at a time.`,
        );
      ticket.extend(images.length);
      const scored = await Promise.all(images.map((image, index) => score(image, index, signal)));
      for (const { prediction } of scored) onVerdict(prediction.verdict ?? 'none');
      if (answerType === PNG_TYPE)
        return sendOverlay(reply, images[0] as SentImage, scored[0] as Scored, signal);
      const predictions = await Promise.all(
        scored.map((one, index) => answerOf(images[index] as SentImage, one, wanted)),
      );
      signal.throwIfAborted();
      reply.type('application/json; charset=utf-8');
      return { predictions } satisfies PredictionAnswer;
    },
  });

  async function score(image: SentImage, index: number, signal: AbortSignal): Promise<Scored> {
    const decoded = await threads.decode({
      bytes: image.bytes,
      name: image.name ?? 'The image',
      size: manifest.imageSize,
      maxPixels: limits.pixels,
    });
    if ('fault' in decoded) {
      const { status, code, message } = decoded.fault;
      throw new HttpError(status, code, message, { image: { index, name: image.name } });
    }
    const detector = {
      anomalyMaps: async () => [await parts.scorer.score(decoded.pixels, signal)],
    };
    const threshold = parts.threshold ?? undefined;
    return { ...decoded, prediction: await predictImage(detector, manifest, decoded.pixels, threshold) };
  }

  async function answerOf(
    { name }: SentImage,
    { prediction, pixels, sent }: Scored,
    wanted: readonly Includable[],
  ): Promise<ImageAnswer> {
    const { map, ...numbers } = prediction;
    const [lines, heat] = await Promise.all([
      wanted.includes('outline') && (await outlineOf({ prediction, pixels, sent })),
      wanted.includes('heatMap') && (await threads.heatMap(mapTask({ prediction, pixels, sent }))),
    ]);
    return {
      image: name,
      width: sent.width,
      height: sent.height,
      ...numbers,
      ...mapStatistics(map, pixels, sent, numbers.threshold),
      ...(lines && { outline: lines }),
      ...(heat && { heatMap: `data:image/png;base64,${Buffer.from(heat).toString('base64')}` }),
    };
  }

  async function outlineOf({ prediction: { map, score, threshold }, pixels, sent }: Scored) {
    if (threshold === null || score < threshold) return [];
    const { height, width } = pixels;
    return threads.outline({ map, size: { height, width }, threshold, sent });
  }

  async function sendOverlay(
    reply: FastifyReply,
    { name }: SentImage,
    scored: Scored,
    signal: AbortSignal,
  ): Promise<Buffer> {
    const { pixels, prediction } = scored;
    const { score, threshold, verdict } = prediction;
    const picture = await threads.overlay({ ...mapTask(scored), title: name ?? 'image', pixels, score });
    signal.throwIfAborted();
    reply.type(PNG_TYPE as string).header('x-adfw-score', String(score));
    if (threshold !== null) reply.header('x-adfw-threshold', String(threshold));
    if (verdict !== null) reply.header('x-adfw-verdict', verdict);
    return Buffer.from(picture);
  }

  const mapTask = ({ prediction: { map, threshold }, pixels: { height, width } }: Scored): MapTask => ({
    map,
    size: { height, width },
    threshold,
    // A model that was scored on nothing has no range to compare with.
    mapRange: manifest.mapRange ?? rangeOf(map),
  });
}

/** Of a body of unknown length, as much as it may have. */
function announcedBytes(request: FastifyRequest, most: number): number {
  const announced = Number(request.headers['content-length'] ?? Number.NaN);
  return Number.isSafeInteger(announced) ? Math.min(announced, most) : most;
}

function sentImages(request: FastifyRequest, maxImages: number): Promise<SentImage[]> {
  const body = request.body as Buffer | null | undefined;
  const type = request.headers['content-type'];
  if (!body || type === undefined)
    throw new HttpError(400, 'no-image', 'The request has no body: send an image, or a form with images.');
  return requestImages(body, type, maxImages);
}

function includes({ include }: { include?: unknown }): Includable[] {
  if (include === undefined || include === '') return [];
  const names = String(include).split(',');
  const unknown = names.find((name) => !includable.some((known) => known === name));
  if (unknown !== undefined)
    throw new HttpError(
      400,
      'unknown-include',
      `There is nothing called "${unknown}" to include; there are ${includable.join(', ')}.`,
    );
  return names as Includable[];
}

function rangeOf(map: Float32Array): { min: number; max: number } {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of map) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}
