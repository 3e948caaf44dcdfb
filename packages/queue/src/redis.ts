/** The connection to Redis or Valkey, and what is said where there is none. */
import { ConfigurationError } from '@adfw/core';
import { Redis, type RedisOptions } from 'ioredis';

/** What users are told of a server: without the user and the password. */
export function serverName(url: string): string {
  const { protocol, host, pathname } = serverUrl(url);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}

/**
 * Connects, with TLS where the URL is `rediss://`; user, password and the number of the database are those of the URL.
 * @param onError what happens to it later: it connects anew by itself, and commands wait meanwhile.
 * @throws ConfigurationError where the URL is none, nobody answers there within ten seconds, what answers is no Redis, or it refuses
 *   the user or password.
 */
export async function connectRedis(url: string, onError: (error: Error) => void): Promise<Redis> {
  serverUrl(url);
  const fail: { error?: Error } = {};
  let connected = false;
  const options: RedisOptions = {
    lazyConnect: true,
    connectTimeout: 10_000,
    // Commands wait as long as it takes: workers compute meanwhile.
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (connected ? Math.min(200 * times, 5000) : null),
  };
  const redis = new Redis(url, options);
  redis.on('error', (error: Error) => {
    fail.error ??= error;
    if (connected) onError(error);
  });
  try {
    await withDeadline(redis.connect());
    // Without a password, where one is needed, it connects and refuses the first command.
    await withDeadline(redis.ping());
  } catch (error) {
    redis.disconnect();
    throw notConnected(url, fail.error ?? (error as Error));
  }
  connected = true;
  return redis;
}

function serverUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed !== null && ['redis:', 'rediss:'].includes(parsed.protocol) && parsed.hostname !== '') {
    const database = parsed.pathname.replace(/^\//, '');
    if (/^\d*$/.test(database)) return parsed;
  }
  // What looks like a URL may hold a password.
  const found = url.includes('@') ? '' : `; found "${url}"`;
  throw new ConfigurationError(
    `A queue is named by the URL of a Redis or Valkey server, redis://HOST or rediss://USER:PASSWORD@HOST:PORT/DATABASE${found}.`,
  );
}

async function withDeadline<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('nobody answers within ten seconds')), 10_000);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function notConnected(url: string, error: Error): ConfigurationError {
  const server = serverName(url);
  const { message } = error;
  const { code } = error as NodeJS.ErrnoException;
  const because = (sentence: string) => new ConfigurationError(sentence, [], { cause: error });
  if (/^(WRONGPASS|NOAUTH|NOPERM)|ERR invalid password|AUTH/.test(message))
    return because(
      `${server} refuses the user or password (${message}): give them in the URL, as in redis://USER:PASSWORD@HOST.`,
    );
  if (/Protocol error|Parser/i.test(`${error.name} ${message}`))
    return because(`What answers at ${server} is no Redis or Valkey server.`);
  if (/CERT|SELF_SIGNED|ISSUER/.test(code ?? ''))
    return because(
      `No connection to ${server}: its certificate is not trusted (${message}). Name the one that signed it: NODE_EXTRA_CA_CERTS=FILE.pem.`,
    );
  const reasons: Record<string, string> = {
    ECONNREFUSED: 'the connection is refused',
    ENOTFOUND: 'there is no machine of that name',
    EAI_AGAIN: 'the name of the machine cannot be looked up',
    ETIMEDOUT: 'nobody answers within ten seconds',
  };
  return because(
    `No Redis or Valkey server can be reached at ${server}: ${reasons[code ?? ''] ?? message.replace(/\.$/, '')}.`,
  );
}
