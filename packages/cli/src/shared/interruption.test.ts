import { describe, expect, it, vi } from 'vitest';
import { Interruption, interruptible } from './interruption.js';

const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

describe('interruptible', () => {
  it('gives what the work gives, and leaves no handler behind', async () => {
    const before = process.listenerCount('SIGINT');
    await expect(interruptible(async () => 7)).resolves.toBe(7);
    await expect(interruptible(() => Promise.reject(new Error('own')))).rejects.toThrow('own');
    expect(process.listenerCount('SIGINT')).toBe(before);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('stops the work at %s, with the exit code %i', async (signal, exitCode) => {
    const stopped = interruptible(untilAborted);
    process.emit(signal, signal);
    await expect(stopped).rejects.toMatchObject({ message: 'Interrupted.', signal, exitCode });
  });

  it('keeps the advice that the work has for the user', async () => {
    const stopped = interruptible((signal) =>
      untilAborted(signal).catch((reason: Interruption) => {
        throw new Interruption(reason.signal, 'Go on with: this');
      }),
    );
    process.emit('SIGINT', 'SIGINT');
    await expect(stopped).rejects.toMatchObject({ message: 'Interrupted. Go on with: this', exitCode: 130 });
  });

  it('is an interruption too where the work turns the reason into an error of its own', async () => {
    const stopped = interruptible((signal) =>
      untilAborted(signal).catch(() => {
        throw new Error('could not go on');
      }),
    );
    process.emit('SIGINT', 'SIGINT');
    await expect(stopped).rejects.toBeInstanceOf(Interruption);
  });

  it('lets work that ends in time end', async () => {
    const finished = interruptible(async (signal) => {
      await untilAborted(signal).catch(() => undefined);
      return 'saved';
    });
    process.emit('SIGINT', 'SIGINT');
    await expect(finished).resolves.toBe('saved');
  });

  it('ends the process at the second signal', async () => {
    const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Error(`exit ${code}`);
    });
    try {
      let finish: () => void = () => undefined;
      const work = interruptible(() => new Promise<void>((resolve) => (finish = resolve)));
      process.emit('SIGINT', 'SIGINT');
      expect(() => process.emit('SIGINT', 'SIGINT')).toThrow('exit 130');
      finish();
      await work;
    } finally {
      exit.mockRestore();
    }
  });
});
