/** A function that can't be written as an ONNX model; the message says why. */
export class NotExportableError extends Error {
  override name = 'NotExportableError';
}
