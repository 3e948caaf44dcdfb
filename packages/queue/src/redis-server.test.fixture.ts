/** A Redis server of a test's own, where the machine has one. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const program = ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version']).status === 0);

/** Of tests that need a server. */
export const hasRedis = program !== undefined;
if (!hasRedis) console.warn('Skipped: the tests of queues need redis-server or valkey-server.');

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

/** Listens on a free port of this machine; what it holds lies in memory. */
export async function startRedis(...options: readonly string[]): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'adfw-redis-'));
  const port = await freePort();
  const tls = options.includes('--tls-port');
  const child = spawn(
    program as string,
    [
      '--port',
      tls ? '0' : String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      folder,
      '--save',
      '',
      ...options,
    ].map((option) => (option === 'PORT' ? String(port) : option)),
  );
  await ready(child);
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    async close() {
      if (child.exitCode === null) {
        child.kill();
        await once(child, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until it says that it takes connections. */
function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (/Ready to accept connections/.test(said)) resolve();
    });
    child.once('exit', () => reject(new Error(`redis-server ended: ${said}`)));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
