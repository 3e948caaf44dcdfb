import { describe, expect, it } from 'vitest';
import type { HttpError } from '../http-error.js';
import { admission } from './admission.js';

const refusal = (work: () => unknown): HttpError => {
  try {
    work();
  } catch (error) {
    return error as HttpError;
  }
  throw new Error('It was to be refused.');
};

describe('admission', () => {
  it('lets in as many images as there are places, and more when others have left', () => {
    const doors = admission({ queue: 4, allBodyBytes: 1000 }, () => 0);
    const several = doors.enter(10);
    several.extend(3);
    doors.enter(10);
    expect(doors.images).toBe(4);
    expect(refusal(() => doors.enter(10))).toMatchObject({ status: 429, code: 'too-busy' });
    several.leave();
    several.leave();
    expect(doors.images).toBe(1);
    const next = doors.enter(10);
    expect(refusal(() => next.extend(4)).status).toBe(429);
    next.extend(3);
    expect(doors.images).toBe(4);
  });

  it('lets in as many bytes as may be, however few images they are', () => {
    const doors = admission({ queue: 100, allBodyBytes: 1000 }, () => 0);
    const large = doors.enter(900);
    expect(refusal(() => doors.enter(200)).status).toBe(429);
    doors.enter(100);
    large.leave();
    doors.enter(900);
  });

  it.each([
    [0, '1'],
    [0.3, '2'],
    [100, '60'],
  ])('says when to come again: an image takes %d s, so after %s s', (secondsPerImage, retryAfter) => {
    const doors = admission({ queue: 5, allBodyBytes: 1000 }, () => secondsPerImage);
    doors.enter(1).extend(5);
    expect(refusal(() => doors.enter(1)).details.headers).toEqual({ 'retry-after': retryAfter });
  });

  it('takes no more places for a request that has gone', () => {
    const doors = admission({ queue: 5, allBodyBytes: 1000 }, () => 0);
    const gone = doors.enter(1);
    gone.leave();
    gone.extend(4);
    expect(doors.images).toBe(0);
  });
});
