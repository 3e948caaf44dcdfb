/** `POST /predict`, and `POST /models/MODEL/predict`. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Ticket } from '../guard/admission.js';
import { before, deadline } from '../guard/deadline.js';
import type { Limits } from '../guard/limits.js';
import { bodyTooLarge, HttpError } from '../http-error.js';
import { slotOf } from '../models/model-routes.js';
import type { ModelSlot, ReadyModel } from '../models/model-slot.js';
import { type Includable, includable, namedPredictSchema, predictSchema } from './api-schema.js';
import type { ImageThreads } from './image-threads.js';
import type { PredictionAnswer } from './prediction-answer.js';
import { requestImages, type SentImage } from './request-images.js';
import {
  answerOf,
  decodePhoto,
  overlayOf,
  type ScoredPhoto,
  type ServedModel,
  scorePhoto,
} from './scored-photo.js';

export interface PredictRouteParts {
  /** The first is that of the route without a name; there is one by the time of a request. */
  readonly slots: readonly ModelSlot[];
  readonly threads: ImageThreads;
  readonly limits: Limits;
  /** Called with each image that was scored. */
  readonly onVerdict: (model: string, verdict: 'nominal' | 'defective' | 'none') => void;
}

const [JSON_TYPE, PNG_TYPE] = ['application/json', 'image/png'];

interface Visit {
  readonly slot: ModelSlot;
  readonly ticket: Ticket;
  readonly signal: AbortSignal;
}

export function addPredictRoutes(app: FastifyInstance, parts: PredictRouteParts): void {
  const { slots, threads, limits, onVerdict } = parts;
  const visits = new WeakMap<FastifyRequest, Visit>();

  for (const type of ['multipart/form-data', 'application/octet-stream', /^image\//])
    app.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  for (const [url, schema] of [
    ['/predict', predictSchema],
    ['/models/:model/predict', namedPredictSchema],
  ] as const)
    app.route({
      method: 'POST',
      url,
      schema,
      // The images of a body are checked by what decodes them.
      validatorCompiler: () => () => true,
      bodyLimit: limits.bodyBytes,
      // Before the body is read.
      onRequest: async (request, reply) => {
        const slot = slotOf(slots, request);
        const bytes = announcedBytes(request) ?? limits.bodyBytes;
        if (bytes > limits.bodyBytes) throw bodyTooLarge(limits.bodyBytes);
        const ticket = slot.doors.enter(bytes);
        reply.raw.once('close', ticket.leave);
        visits.set(request, { slot, ticket, signal: deadline(request, reply, limits.timeout) });
      },
      handler: (request, reply) => {
        const visit = visits.get(request) as Visit;
        // One model from here to the end, whatever takes its place meanwhile.
        const work = visit.slot.use((ready) => {
          const { model, ...settled } = ready;
          return predict(request, reply, visit, { manifest: model.manifest, threads, ...settled });
        });
        return before(visit.signal, work);
      },
    });

  async function predict(
    request: FastifyRequest,
    reply: FastifyReply,
    { slot, ticket, signal }: Visit,
    model: UsedModel,
  ) {
    const answerType = request.accepts().type([JSON_TYPE, PNG_TYPE] as string[]);
    if (!answerType)
      throw new HttpError(406, 'not-acceptable', `Answers are ${JSON_TYPE} or ${PNG_TYPE}: accept one.`);
    const wanted = includes(request.query as { include?: unknown });
    if (!model.hasMaps) refuseMaps(answerType === PNG_TYPE, wanted);
    const images = await sentImages(request, limits.images);
    if (answerType === PNG_TYPE && images.length > 1)
      throw new HttpError(
        406,
        'not-acceptable',
        `A PNG shows one image, and ${images.length} were sent: accept ${JSON_TYPE}, or send one at a time.`,
      );
    ticket.extend(images.length);
    // All of them first: none is scored where one is bad.
    const decoded = await Promise.all(
      images.map((image, index) => decodePhoto(model, image, index, limits.pixels)),
    );
    const scored = await Promise.all(decoded.map((photo) => scorePhoto(model, model.scorer, photo, signal)));
    for (const { prediction } of scored) onVerdict(slot.name, prediction.verdict ?? 'none');
    if (answerType === PNG_TYPE)
      return sendOverlay(reply, model, images[0] as SentImage, scored[0] as ScoredPhoto);
    const predictions = await Promise.all(
      scored.map((one, index) => answerOf(model, images[index] as SentImage, one, wanted)),
    );
    reply.type('application/json; charset=utf-8');
    return { predictions } satisfies PredictionAnswer;
  }

  async function sendOverlay(
    reply: FastifyReply,
    model: UsedModel,
    image: SentImage,
    scored: ScoredPhoto,
  ): Promise<Buffer> {
    const picture = await overlayOf(model, image, scored);
    const { score, verdict } = scored.prediction;
    reply.type(PNG_TYPE as string).header('x-adfw-score', String(score));
    if (model.threshold !== null) reply.header('x-adfw-threshold', String(model.threshold));
    if (verdict !== null) reply.header('x-adfw-verdict', verdict);
    return Buffer.from(picture);
  }
}

/** What a request is answered with. */
type UsedModel = ServedModel & Pick<ReadyModel, 'scorer' | 'hasMaps'>;

/** null for a body of unknown length. */
function announcedBytes({ headers }: FastifyRequest): number | null {
  const announced = headers['content-length'];
  return announced === undefined ? null : Number(announced);
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

/** What a model without anomaly maps cannot give is asked for by mistake, and no answer is made up for it. */
function refuseMaps(isPicture: boolean, wanted: readonly Includable[]): void {
  const why =
    'The model that is served has no anomaly maps: it says how anomalous an image is, and not where.';
  if (isPicture)
    throw new HttpError(406, 'no-maps', `${why} There is no picture to answer with: accept ${JSON_TYPE}.`);
  if (wanted.length > 0) throw new HttpError(400, 'no-maps', `${why} Leave include=${wanted.join()} out.`);
}
