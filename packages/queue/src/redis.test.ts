import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectRedis, serverName } from './redis.js';
import { hasRedis, startRedis } from './redis-server.test.fixture.js';

const connect = async (url: string) => {
  const redis = await connectRedis(url, () => {});
  const answer = await redis.ping();
  redis.disconnect();
  return answer;
};

describe('connectRedis', () => {
  it.each(['', 'host', 'http://host', 'redis://', 'redis://host/name', 'localhost:6379'])(
    'refuses %j, which is no URL of a server',
    async (url) => {
      await expect(connect(url)).rejects.toMatchObject({
        name: 'ConfigurationError',
        message: `A queue is named by the URL of a Redis or Valkey server, redis://HOST or rediss://USER:PASSWORD@HOST:PORT/DATABASE; found "${url}".`,
      });
    },
  );

  it('says no password', async () => {
    expect(serverName('rediss://user:secret@host:1/2')).toBe('rediss://host:1/2');
    await expect(connect('redis://:secret@host/x')).rejects.toThrow(/DATABASE\.$/);
    await expect(connect('redis://:secret@127.0.0.1:1')).rejects.toThrow(
      /^No Redis or Valkey server can be reached at redis:\/\/127\.0\.0\.1:1: the connection is refused\.$/,
    );
  });

  it('knows a server that is something else', async () => {
    const server = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await expect(connect(`redis://127.0.0.1:${port}`)).rejects.toThrow(
      `What answers at redis://127.0.0.1:${port} is no Redis or Valkey server.`,
    );
    server.close();
  });

  it.skipIf(!hasRedis)('takes the password of the URL, and says where it is wrong or missing', async () => {
    const server = await startRedis(
      ...['--requirepass', 'secret', '--user', 'worker', 'on', '>own', '~*', '&*', '+@all'],
    );
    const at = (user: string) => connect(`redis://${user}127.0.0.1:${server.port}/3`);
    expect(await at(':secret@')).toBe('PONG');
    expect(await at('worker:own@')).toBe('PONG');
    for (const wrong of ['', ':other@', 'worker:secret@', 'nobody:own@'])
      await expect(at(wrong), wrong).rejects.toMatchObject({
        name: 'ConfigurationError',
        message: expect.stringMatching(
          /redis:\/\/127\.0\.0\.1:\d+\/3 refuses the user or password \((WRONGPASS|NOAUTH)/,
        ),
      });
    await server.close();
  });

  const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
  it.skipIf(!hasRedis || !hasOpenssl)('takes TLS, with certificates that are trusted', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'adfw-tls-'));
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2'];
    spawnSync('openssl', [...request, '-keyout', key, '-out', certificate, ...subject]);
    const server = await startRedis(
      ...['--tls-port', 'PORT', '--tls-cert-file', certificate, '--tls-key-file', key],
      ...['--tls-ca-cert-file', certificate, '--tls-auth-clients', 'no'],
    );
    const url = `rediss://localhost:${server.port}`;
    await expect(connect(url)).rejects.toThrow(/its certificate is not trusted .*NODE_EXTRA_CA_CERTS/);
    const module = new URL('../dist/redis.js', import.meta.url).href;
    const child = spawn(
      process.execPath,
      [
        ...['--input-type=module', '-e'],
        `import { connectRedis } from ${JSON.stringify(module)};
        const redis = await connectRedis(${JSON.stringify(url)}, () => {});
        console.log(await redis.ping());
        redis.disconnect();`,
      ],
      { env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [answer] = await once(child.stdout, 'data');
    expect(String(answer).trim()).toBe('PONG');
    await server.close();
    await rm(folder, { recursive: true });
  });
});
