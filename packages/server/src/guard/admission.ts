/** Who may come in: a bounded number of images, and of bytes, is inside at a time. */
import { HttpError } from '../http-error.js';

/** The places of one request; they are free again when it has been left. */
export interface Ticket {
  /**
   * Takes places for as many images, in all, as the request turned out to have.
   * @throws HttpError with 429 where there are not so many.
   */
  extend(images: number): void;
  leave(): void;
}

export interface Admission {
  /** Images that are inside. */
  readonly images: number;
  /**
   * Takes a place for one image, before anything of the request's body is read.
   * @param bytes of its body.
   * @throws HttpError with 429 and Retry-After where there is no place.
   */
  enter(bytes: number): Ticket;
}

export interface AdmissionLimits {
  readonly queue: number;
  readonly allBodyBytes: number;
}

/** @param secondsPerImage how long an image has taken lately, from which clients learn when to come again. */
export function admission(
  { queue, allBodyBytes }: AdmissionLimits,
  secondsPerImage: () => number,
): Admission {
  let images = 0;
  let bytesInside = 0;
  function take(more: number, bytes: number): void {
    if (images + more > queue || bytesInside + bytes > allBodyBytes) {
      const seconds = Math.min(60, Math.max(1, Math.ceil(images * secondsPerImage())));
      throw new HttpError(
        429,
        'too-busy',
        `${images} images are waiting already. Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
        { headers: { 'retry-after': String(seconds) } },
      );
    }
    images += more;
    bytesInside += bytes;
  }
  return {
    get images() {
      return images;
    },
    enter(bytes) {
      take(1, bytes);
      let places = 1;
      let inside = true;
      return {
        extend(wanted) {
          if (!inside || wanted <= places) return;
          take(wanted - places, 0);
          places = wanted;
        },
        leave() {
          if (!inside) return;
          inside = false;
          images -= places;
          bytesInside -= bytes;
        },
      };
    },
  };
}
