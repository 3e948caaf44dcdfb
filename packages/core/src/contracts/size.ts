/** Height and width of images, in pixels. */
export interface Size {
  readonly height: number;
  readonly width: number;
}
