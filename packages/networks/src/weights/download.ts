import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { access, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DataError } from '@adfw/core';

export interface Download {
  readonly url: string;
  /** Of the whole file, in hexadecimal. */
  readonly sha256: string;
  /** Where the file goes. Until it is complete and checked, it is beside it under the same name with `.part` added. */
  readonly path: string;
  /** Called with a sentence, about once a second. */
  readonly report?: (message: string) => void;
  readonly signal?: AbortSignal;
}

/** How many times in a row a connection may break off without having brought anything. */
const MOST_FAILURES = 3;

/**
 * Downloads a file, going on where an earlier attempt broke off. Two processes may download the same file at once: they write
 * the same bytes to the same places.
 *
 * @throws DataError where the server does not give the file, the connection keeps breaking off, or the file is not the one
 * expected; the message has neither capital nor full stop, to be part of a sentence.
 * @throws the signal's reason when it is aborted; what has come so far is kept.
 */
export async function download(request: Download): Promise<void> {
  const { url, sha256, path } = request;
  const part = `${path}.part`;
  await mkdir(dirname(path), { recursive: true });

  const resumed = (await sizeOf(part)) > 0;
  await fetchAll(request, part);
  try {
    const found = await sha256Of(part);
    if (found === sha256) {
      await rename(part, path);
      return;
    }
    await rm(part);
    // What an earlier attempt left may have been something else.
    if (resumed) return await download(request);
    throw new DataError(`the file at ${url} has the SHA-256 ${found}, expected is ${sha256}`);
  } catch (error) {
    const otherWasFaster = (error as NodeJS.ErrnoException).code === 'ENOENT' && (await exists(path));
    if (!otherWasFaster) throw error;
  }
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function fetchAll(request: Download, part: string): Promise<void> {
  for (let failures = 0; ; ) {
    const size = await sizeOf(part);
    try {
      return await fetchFrom(request, part, size);
    } catch (error) {
      request.signal?.throwIfAborted();
      if (error instanceof DataError) throw error;
      failures = (await sizeOf(part)) > size ? 1 : failures + 1;
      if (failures === MOST_FAILURES)
        throw new DataError(`fetching ${request.url} failed: ${reasonOf(error)}`, { cause: error });
      await wait(100 * 2 ** failures);
    }
  }
}

/** Fetches what follows the first `size` bytes, or everything from a server that knows no ranges. */
async function fetchFrom({ url, path, report, signal }: Download, part: string, size: number): Promise<void> {
  const response = await fetch(url, {
    headers: { 'accept-encoding': 'identity', ...(size > 0 && { range: `bytes=${size}-` }) },
    ...(signal && { signal }),
  });
  // Nothing follows: the part is complete, or not what it should be, which its hash will show.
  if (response.status === 416 && size > 0) return response.body?.cancel();
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw new DataError(`${url} answered ${response.status} ${response.statusText}`.trimEnd());
  }
  const resumes = response.headers.get('content-range')?.startsWith(`bytes ${size}-`) ?? false;
  const start = response.status === 206 && resumes ? size : 0;
  const total = start + Number(response.headers.get('content-length') ?? Number.NaN);

  // Opened without truncating it: another process may be writing the same bytes to it.
  const file = await open(part, constants.O_RDWR | constants.O_CREAT);
  try {
    let position = start;
    let reported = 0;
    for await (const chunk of response.body) {
      await file.write(chunk, 0, chunk.length, position);
      position += chunk.length;
      if (report && Date.now() - reported >= 1000) {
        reported = Date.now();
        report(`Downloading ${basename(path)}: ${megabytes(position)} of ${megabytes(total)} MB.`);
      }
    }
    if (position < total) throw new Error('the connection broke off');
    await file.truncate(position);
    await file.sync();
  } finally {
    await file.close();
  }
}

const megabytes = (bytes: number): string => (Number.isNaN(bytes) ? '?' : (bytes / 1e6).toFixed(0));

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

/** `fetch` says "fetch failed", and why in the error's cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  const { message: detail, code } = (cause ?? {}) as NodeJS.ErrnoException;
  return detail || code || message;
}
