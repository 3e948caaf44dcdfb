/** The mark of pictures that may be replaced by others: text in the PNG, which image viewers show as the software that made it. */

/** The signature and the header, which every PNG begins with. */
const HEADER = 8 + 25;
const TEXT = 'tEXtSoftware\0adfw predict';
const MARK = Buffer.concat([uint32(TEXT.length - 4), Buffer.from(TEXT, 'latin1'), uint32(0x19b94cdf)]);

/** @param png a picture that `adfw predict` draws. */
export const marked = (png: Buffer): Buffer =>
  Buffer.concat([png.subarray(0, HEADER), MARK, png.subarray(HEADER)]);

/** @param start of the file. */
export const isMarked = (start: Buffer): boolean => start.subarray(HEADER, HEADER + MARK.length).equals(MARK);

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
