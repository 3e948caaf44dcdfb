/** Answers other than 200, all of one shape: what is wrong, for a person and for a program. */
import type { FastifyError, FastifyReply } from 'fastify';

/** The body of every answer that is not a success. */
export interface ErrorAnswer {
  /** A sentence or two: what is wrong, and what to do. */
  readonly error: string;
  /** For programs: `too-busy`, `damaged-image`, … */
  readonly code: string;
  /** The image that is at fault, where it is one: its place in the request, from 0, and its file name. */
  readonly image?: { readonly index: number; readonly name: string | null };
}

/** A reason to refuse a request. */
export class HttpError extends Error {
  override name = 'HttpError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: {
      readonly image?: ErrorAnswer['image'];
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
  }
}

/** What Fastify itself refuses, in our words. */
const fastifyFaults: Readonly<Record<string, readonly [status: number, code: string, message: string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    415,
    'unsupported-body',
    'Send images as fields "image" of multipart/form-data, or one as the body, with its type (image/png, …) or application/octet-stream as Content-Type.',
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    400,
    'malformed-request',
    'The body is not as long as Content-Length says.',
  ],
  FST_ERR_BAD_URL: [400, 'malformed-request', 'The path is no URL: a percent sign begins two hex digits.'],
  FST_ERR_CTP_EMPTY_TYPE: [415, 'unsupported-body', 'The Content-Type of the body is empty.'],
  FST_BEARER_AUTH_MISSING_AUTHORIZATION_HEADER: [
    401,
    'unauthorized',
    'This server needs its token: send it as "Authorization: Bearer TOKEN".',
  ],
  FST_BEARER_AUTH_INVALID_AUTHORIZATION_HEADER: [
    401,
    'unauthorized',
    'The token is not the one of this server: send it as "Authorization: Bearer TOKEN".',
  ],
};

export const bodyTooLarge = (bodyBytes: number): HttpError =>
  new HttpError(
    413,
    'body-too-large',
    `The body is larger than ${megabytes(bodyBytes)}, which is all this server takes.`,
  );

/**
 * What a request that failed is answered with.
 * @param error an HttpError, one of Fastify's, or something nobody expected, which is not told to the client.
 */
export function httpErrorOf(error: unknown, { bodyBytes }: { readonly bodyBytes: number }): HttpError {
  if (error instanceof HttpError) return error;
  const { code = '', statusCode = 500, message } = error as Partial<FastifyError>;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return bodyTooLarge(bodyBytes);
  const known = fastifyFaults[code];
  if (known) return new HttpError(...known);
  if (statusCode >= 400 && statusCode < 500)
    return new HttpError(statusCode, 'malformed-request', message ?? 'The request cannot be understood.');
  return new HttpError(500, 'internal', 'The server failed; its log says why.');
}

/**
 * Sends it. What is left of a body goes on being received, and is thrown away: a client that still sends would find the connection
 * reset, and not read the answer.
 */
export function sendError(reply: FastifyReply, error: HttpError): void {
  const { status, code, message, details } = error;
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="adfw"');
  if (details.headers) reply.headers({ ...details.headers });
  reply
    .code(status)
    .type('application/json; charset=utf-8')
    .header('cache-control', 'no-store')
    // Not through a serializer of the route: those are for its own answers.
    .serializer(JSON.stringify)
    .send({ error: message, code, ...(details.image && { image: details.image }) } satisfies ErrorAnswer);
}

const megabytes = (bytes: number): string =>
  bytes >= 2 ** 20 ? `${Number((bytes / 2 ** 20).toFixed(1))} MiB` : `${bytes} bytes`;
