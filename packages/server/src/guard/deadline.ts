/**
 * The time that a request may take. Fastify's own `handlerTimeout` is not used: on Node 20 it is cleared when the body has been
 * read, since that is when a request's stream closes.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HttpError, sendError } from '../http-error.js';

/**
 * Starts the clock of a request.
 * @returns a signal that aborts with an HttpError (504) when the time is up, and when the client has gone. Where the body has not
 * arrived by then, the request is answered with 408 at once.
 */
export function deadline(request: FastifyRequest, reply: FastifyReply, seconds: number): AbortSignal {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    const { complete } = request.raw;
    const error = complete
      ? new HttpError(504, 'timeout', `The images could not be scored within ${seconds} s.`)
      : new HttpError(408, 'slow-body', `The body did not arrive within ${seconds} s.`);
    controller.abort(error);
    if (!complete && !reply.sent) sendError(reply.header('connection', 'close'), error);
  }, seconds * 1000);
  reply.raw.once('close', () => {
    clearTimeout(timer);
    if (!reply.raw.writableFinished) controller.abort(new HttpError(499, 'gone', 'The client has gone.'));
  });
  return controller.signal;
}

/** What `work` gives, unless the signal aborts before: then its reason is thrown, and the work ends unheard. */
export function before<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
