/** Height and width of images, in pixels. */
export interface Size {
  readonly height: number;
  readonly width: number;
}

/**
 * How an image of another shape comes into a frame: `stretch` to its height and width, `pad` by one factor so that all of it is inside, or
 * `crop` by one factor so that it covers the frame, of which the centre is taken.
 */
export type ImageFit = 'stretch' | 'pad' | 'crop';

/** What a model takes of images of any shape. */
export interface Frame extends Size {
  /** `stretch` where nothing is said. */
  readonly fit?: ImageFit;
  /** The size of an image whose shape all must have, in whatever resolution, since a region of interest is one of theirs. */
  readonly shape?: Size;
}
