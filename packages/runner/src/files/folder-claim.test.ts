import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '@adfw/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CLAIM_FILE, whileClaimed } from './folder-claim.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'adfw-claim-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Another process, which works in the folder until it is killed. The built file: Node runs no TypeScript. */
async function workingProcess() {
  const script = `
    import { whileClaimed } from ${JSON.stringify(new URL('../../dist/files/folder-claim.js', import.meta.url).href)};
    await whileClaimed(${JSON.stringify(folder)}, async () => {
      console.log('working');
      await new Promise((resolve) => process.stdin.resume().once('end', resolve));
    });
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  await Promise.race([
    once(child.stdout, 'data'),
    closed.then(() => Promise.reject(new Error('It did not work.'))),
  ]);
  return {
    pid: child.pid,
    async kill() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

describe('whileClaimed', () => {
  it('refuses a folder that another process works in, until that is killed', async () => {
    const other = await workingProcess();
    const refused = whileClaimed(folder, async () => expect.unreachable());
    await expect(refused).rejects.toThrow(ConfigurationError);
    await expect(refused).rejects.toThrow(
      `Another adfw works in ${folder} (process ${other.pid} on ${hostname()}): wait until it has ended, or stop it, and try again.`,
    );
    await other.kill();
    expect(readdirSync(folder)).toEqual([CLAIM_FILE]);
    expect(await whileClaimed(folder, async () => 'done')).toBe('done');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('refuses it also to the same process, and leaves nothing behind when the work fails', async () => {
    await expect(
      whileClaimed(folder, async () => {
        await expect(whileClaimed(folder, async () => {})).rejects.toThrow(`process ${process.pid} on`);
        throw new Error('enough');
      }),
    ).rejects.toThrow('enough');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('takes a file that claims nothing for no claim, whatever it says', async () => {
    writeFileSync(join(folder, CLAIM_FILE), `process ${process.pid} on ${hostname()}, a long time ago`);
    await whileClaimed(folder, async () => {
      await expect(whileClaimed(folder, async () => {})).rejects.toThrow(`on ${hostname()}): wait`);
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is given to one at a time, where one opens the file that another is about to remove', async () => {
    let working = 0;
    const worker = async () => {
      for (let worked = 0; worked < 40; )
        await whileClaimed(folder, async () => {
          expect(++working).toBe(1);
          await stat(folder);
          working--;
          worked++;
        }).catch((error) => {
          if (!(error instanceof ConfigurationError)) throw error;
        });
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('works in subfolders of a folder that is claimed', async () => {
    const below = mkdtempSync(join(folder, 'cell-'));
    await whileClaimed(folder, () => whileClaimed(below, async () => {}));
  });

  it('says why nothing can be written there', async () => {
    await expect(whileClaimed(join(folder, 'no'), async () => {})).rejects.toThrow(
      /\.adfw-lock cannot be written: the folder .*no does not exist/,
    );
    if (process.getuid?.() === 0) return;
    chmodSync(folder, 0o500);
    await expect(whileClaimed(folder, async () => {})).rejects.toThrow('permission denied');
    chmodSync(folder, 0o700);
  });
});
