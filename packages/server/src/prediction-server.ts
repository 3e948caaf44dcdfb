/** The HTTP service: what belongs to every request, the small routes, and starting and ending it all. */
import type { AddressInfo, Socket } from 'node:net';
import { ConfigurationError } from '@adfw/core';
import type { EngineInfo } from '@adfw/runner';
import accepts from '@fastify/accepts';
import bearerAuth from '@fastify/bearer-auth';
import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { refuseForeignPages } from './guard/browser-guard.js';
import { type Limits, resolveLimits } from './guard/limits.js';
import { listensOnLoopback } from './guard/loopback.js';
import { type ErrorAnswer, HttpError, httpErrorOf, sendError } from './http-error.js';
import { addModelRoutes } from './models/model-routes.js';
import type { ModelSlot, ServableModel } from './models/model-slot.js';
import type { NamedModel } from './models/reload.js';
import { checkModelNames, servedModels } from './models/served-models.js';
import { readPageFiles } from './page-files.js';
import { healthSchema, metricsSchema } from './predict/api-schema.js';
import { imageThreads } from './predict/image-threads.js';
import { addPredictRoutes } from './predict/predict-route.js';
import {
  type MetricsData,
  type ModelState,
  type ServerMetrics,
  serverMetrics,
  summedMetrics,
} from './server-metrics.js';

export const logLevels = ['silent', 'error', 'warn', 'info'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface ServerOptions {
  /** An address of this machine, or a name of one; 127.0.0.1 by default. */
  host?: string;
  /** 8080 by default; 0 takes one that is free. */
  port?: number;
  /** What requests must bring along as `Authorization: Bearer TOKEN`; needed where others than this machine reach the host. */
  token?: string;
  /** Names under which a proxy in front makes a server without a token known. */
  allowedHosts?: readonly string[];
  /** From which score on an image is defective, in place of the models' thresholds. */
  threshold?: number;
  limits?: Partial<Limits>;
  /** Threads that decode and draw; by default as many as the machine has processors, 4 at most. */
  imageThreads?: number;
  /** Metrics of all processes that serve together, this one's among them; without it there is this one. */
  gatherMetrics?: () => Promise<readonly MetricsData[]>;
  /** What is logged, as lines of JSON: nothing by default. */
  log?: { level: LogLevel; stream: { write(line: string): void } };
}

export interface PredictionServer {
  /** `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly host: string;
  /** The real one, where 0 was asked for. */
  readonly port: number;
  /** The metrics of this process. */
  metrics(): Promise<MetricsData>;
  /** The models, and from which score on each calls an image defective. */
  readonly models: readonly {
    readonly name: string;
    readonly threshold: number | null;
    readonly engine: EngineInfo;
  }[];
  /** Resolves when the scoring thread of a model has died, with what it died of: nothing can be scored there any more. */
  readonly failed: Promise<Error>;
  /** Accepts no more connections, answers the requests that have begun, and ends. The models given stay open. May be called again. */
  close(): Promise<void>;
}

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 8080;

/**
 * Serves models, each under its name; the first is also the one of the routes without a name. One whose source is known is loaded again when
 * it changes there, and takes the place of the one before when it has scored a test pass; requests that have begun end with the one before.
 * @param models one, or several of different names; close them after the server, which closes those that it loads itself.
 * @throws ConfigurationError where the host or port cannot be had, a limit is none, there is no token where there must be one, or two
 * models have one name.
 */
export async function startServer(
  models: ServableModel | readonly NamedModel[],
  options: ServerOptions = {},
): Promise<PredictionServer> {
  const { host = DEFAULT_HOST, port = DEFAULT_PORT, token, allowedHosts = [], threshold } = options;
  const limits = await checkServerOptions(options);
  const named = 'detector' in models ? [{ name: ONLY_MODEL, model: models }] : models;
  checkModelNames(named.map(({ name }) => name));

  const metrics = serverMetrics(() => served.slots.map(stateOf));
  const served = servedModels(named, { limits, threshold, metrics });
  const app = await createApp(limits, metrics, options);
  const threads = imageThreads(options.imageThreads);
  app.addHook('onClose', () => threads.close());

  app.register(async (routes) => {
    for (const { url, type, content } of await readPageFiles())
      routes.get(url, { schema: { hide: true } }, (_request, reply) =>
        reply.type(type).header('cache-control', 'no-cache').send(content),
      );
    routes.get('/healthz', { schema: healthSchema }, (_request, reply) => {
      if (served.isBroken) throw new HttpError(503, 'failed', 'The scoring thread has ended.');
      return reply.header('cache-control', 'no-store').send({ status: 'ok' });
    });
  });
  app.register(async (routes) => {
    if (token !== undefined) {
      // RFC 7235: the name of the scheme is read without regard to case.
      await routes.register(bearerAuth, {
        keys: [token],
        addHook: false,
        specCompliance: 'rfc6749',
        verifyErrorLogLevel: 'info',
      });
      routes.addHook('onRequest', (request, reply, done) => routes.verifyBearerAuth?.(request, reply, done));
    } else
      routes.addHook('onRequest', async ({ headers }) => {
        refuseForeignPages(headers, allowedHosts);
      });
    routes.get('/metrics', { schema: metricsSchema }, async (_request, reply) => {
      const all = await options.gatherMetrics?.();
      return reply.type(metrics.contentType).send(await (all ? summedMetrics(all) : metrics.text()));
    });
    routes.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
    addModelRoutes(routes, served.slots);
    addPredictRoutes(routes, { slots: served.slots, threads, limits, onVerdict: metrics.image });
  });

  let url: string;
  try {
    // The first request does not wait for what is loaded and compiled once.
    await Promise.all([served.open(), threads.warmUp()]);
    url = await listen(app, host, port);
  } catch (error) {
    await app.close();
    throw error;
  }
  served.watch(app.log);
  return {
    url,
    host,
    port: (app.server.address() as AddressInfo).port,
    models: served.slots.map(({ name, current }) => ({
      name,
      threshold: current.threshold,
      engine: current.model.engine,
    })),
    metrics: metrics.data,
    failed: served.failed,
    async close() {
      await Promise.all([served.unwatch(), app.close()]);
      await served.close();
    },
  };
}

/** What a model that is given without a name is called. */
const ONLY_MODEL = 'model';

const stateOf = ({ name, doors, current, isStale }: ModelSlot): ModelState => ({
  name,
  images: doors.images,
  waiting: current.scorer.waiting,
  isStale,
  since: current.since,
});

/**
 * What {@link startServer} checks first, for those who want to know before they load a model.
 * @throws ConfigurationError where the host is none, a limit is none, or there is no token where there must be one.
 */
export async function checkServerOptions({
  host = DEFAULT_HOST,
  token,
  limits,
}: ServerOptions): Promise<Limits> {
  await checkToken(host, token);
  return resolveLimits(limits);
}

/** A token goes through a header: letters, digits and a few signs (RFC 6750, b64token). */
async function checkToken(host: string, token: string | undefined): Promise<void> {
  if (token !== undefined && !/^[\w.~+/-]+=*$/.test(token))
    throw new ConfigurationError(
      `The token ${token === '' ? 'is empty' : 'has characters that a header cannot carry'}; use letters and digits, as openssl rand -hex 16 prints.`,
    );
  if (token === undefined && !(await listensOnLoopback(host)))
    throw new ConfigurationError(
      `On ${host} others than this machine reach the server, so it needs a token: set ADFW_TOKEN, or give --token TOKEN (openssl rand -hex 16 prints one). Without a token it serves this machine alone, on ${DEFAULT_HOST}.`,
    );
}

async function createApp(limits: Limits, metrics: ServerMetrics, { token, log }: ServerOptions) {
  const milliseconds = Math.ceil(limits.timeout * 1000);
  const app = Fastify({
    logger: log ? { level: log.level, stream: log.stream } : false,
    bodyLimit: limits.bodyBytes,
    // A request that comes while the server ends, on a connection that was there, is answered, and is its last.
    return503OnClosing: false,
    // Behind the deadline of a request, which answers in words.
    requestTimeout: milliseconds + 5000,
    http: {
      headersTimeout: Math.min(milliseconds, 60_000),
      connectionsCheckingInterval: 1000,
      // Who asks without one is answered as who asks with a wrong one.
      requireHostHeader: false,
    },
    frameworkErrors: (error, _request, reply) => sendError(reply, httpErrorOf(error, limits)),
    clientErrorHandler(error, socket) {
      metrics.request('-', '-', refuseConnection(error, socket), 0);
    },
  });

  // Those for JSON and text.
  app.removeAllContentTypeParsers();
  await app.register(accepts);
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        mediaSrc: ['blob:'],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // For whoever ends TLS in front of it to decide.
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.0.3',
      info: {
        title: 'adfw',
        description: 'Visual anomaly detection with the models of adfw runs.',
        version: '1',
      },
      ...(token !== undefined && {
        components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
        security: [{ token: [] }],
      }),
    },
  });

  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.header('permissions-policy', 'camera=(self), microphone=(), geolocation=()');
    if (closing) reply.header('connection', 'close');
  });
  app.addHook('onResponse', async (request, reply) => {
    // What is not there is counted together: anybody can think of names.
    const route = request.routeOptions.url ?? '-';
    metrics.request(
      request.method,
      route,
      reply.statusCode,
      reply.elapsedTime / 1000,
      modelOf(request, reply.statusCode),
    );
  });
  app.setErrorHandler((error, request, reply) => {
    const answer = httpErrorOf(error, limits);
    if (answer.status >= 500 && answer.status !== 504) request.log.error({ err: error }, 'a request failed');
    sendError(reply, answer);
  });
  app.setNotFoundHandler((request, reply) => sendError(reply, notFound(app, request, reply)));
  return app;
}

/** The name in the path of a request that was not refused for it. */
function modelOf({ params }: FastifyRequest, status: number): string {
  const { model = '' } = (params ?? {}) as { model?: string };
  return status === 404 ? '' : model;
}

const methods = ['GET', 'POST'] as const;

function notFound(app: FastifyInstance, { url, method }: FastifyRequest, reply: FastifyReply): HttpError {
  const path = url.split('?', 1)[0] as string;
  const allowed = methods.filter((candidate) => app.hasRoute({ url: path, method: candidate }));
  if (allowed.length === 0)
    return new HttpError(404, 'not-found', 'There is nothing here. /openapi.json says what there is.');
  reply.header('allow', allowed.join(', '));
  return new HttpError(405, 'wrong-method', `${path} takes ${allowed.join(' and ')}, not ${method}.`);
}

/** Answers what is not even a request; gives the status. */
function refuseConnection({ code }: NodeJS.ErrnoException, socket: Socket): number {
  const [status, reason, name, error] =
    code === 'HPE_HEADER_OVERFLOW'
      ? [431, 'Request Header Fields Too Large', 'large-headers', 'The headers are larger than 16 KiB.']
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [408, 'Request Timeout', 'slow-request', 'The request did not arrive in time.']
        : [400, 'Bad Request', 'malformed-request', 'This is not an HTTP request that can be understood.'];
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return status as number;
  }
  const body = JSON.stringify({ error: error as string, code: name as string } satisfies ErrorAnswer);
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
  // Whoever goes on sending is not listened to.
  socket.once('finish', () => socket.destroy());
  return status as number;
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const cause = { cause: error };
    switch ((error as NodeJS.ErrnoException).code) {
      case 'EADDRINUSE':
        throw new ConfigurationError(
          `The port ${port} of ${host} is in use. Choose another, as --port ${port + 1}, or --port 0 for one that is free.`,
          [],
          cause,
        );
      case 'EACCES':
        throw new ConfigurationError(
          `The port ${port} of ${host} may not be used by this user. Choose one from 1024 on.`,
          [],
          cause,
        );
      case 'EADDRNOTAVAIL':
        throw new ConfigurationError(
          `${host} is not an address of this machine. Use 127.0.0.1, or 0.0.0.0 for all it has.`,
          [],
          cause,
        );
      default:
        throw error;
    }
  }
  const { port: real } = app.server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${real}`;
}
