/** The images in the body of a request, as the files that were sent. */
import { once } from 'node:events';
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import { HttpError } from '../http-error.js';

export interface SentImage {
  /** The file's name, of multipart bodies; else null. */
  readonly name: string | null;
  readonly bytes: Uint8Array;
}

/**
 * @param body all of it: its size is limited where it is received.
 * @throws HttpError with 400 where there is no image or the body is malformed, 413 where there are too many.
 */
export async function requestImages(
  body: Uint8Array,
  contentType: string,
  maxImages: number,
): Promise<SentImage[]> {
  const images = /^multipart\/form-data/i.test(contentType)
    ? await multipartImages(body, contentType, maxImages)
    : [{ name: null, bytes: body }];
  if (images.length === 0)
    throw new HttpError(400, 'no-image', 'The form has no image: send each as a file in a field "image".');
  images.forEach(({ bytes, name }, index) => {
    if (bytes.length === 0)
      throw new HttpError(400, 'no-image', `${name ?? 'The image'} is empty.`, { image: { index, name } });
  });
  return images;
}

const FIELD = 'image';

async function multipartImages(body: Uint8Array, contentType: string, maxImages: number) {
  const images: { name: string | null; bytes: Uint8Array }[] = [];
  let fault: HttpError | null = null;
  const refuse = (status: number, code: string, message: string) => {
    fault ??= new HttpError(status, code, message);
  };
  const form = formParser(contentType, maxImages);
  form.on('file', (field, file, name) => {
    if (field !== FIELD)
      refuse(400, 'unknown-field', `There is a file in the field "${field}"; images go into "${FIELD}".`);
    const chunks: Uint8Array[] = [];
    const index = images.push({ name: name ?? null, bytes: new Uint8Array() }) - 1;
    file.on('data', (chunk) => chunks.push(chunk));
    file.on('end', () => {
      images[index] = { name: name ?? null, bytes: Buffer.concat(chunks) };
    });
    // A file that is cut off fails together with the form.
    file.on('error', () => undefined);
  });
  form.on('field', (field) => {
    if (field === FIELD) refuse(400, 'no-image', `The field "${FIELD}" is not a file: it needs a file name.`);
  });
  for (const limit of ['filesLimit', 'partsLimit'] as const)
    form.on(limit, () =>
      refuse(413, 'too-many-images', `A request may have ${maxImages} images, and this one has more.`),
    );
  form.on('fieldsLimit', () => refuse(413, 'too-many-fields', 'The form has too many fields.'));
  const finished = once(form, 'finish');
  form.end(body);
  await finished.catch((error: Error) => refuse(400, 'malformed-body', malformed(error.message)));
  if (fault) throw fault;
  return images;
}

/** Fields that are not images are ignored, so some may be there. */
const MAX_FIELDS = 32;

function formParser(contentType: string, maxImages: number): BusboyInstance {
  try {
    return new Busboy({
      headers: { 'content-type': contentType } as BusboyHeaders,
      limits: {
        files: maxImages,
        fields: MAX_FIELDS,
        parts: maxImages + MAX_FIELDS,
        fieldNameSize: 100,
        fieldSize: 1024,
        headerPairs: 32,
      },
    });
  } catch (error) {
    throw new HttpError(400, 'malformed-body', malformed((error as Error).message));
  }
}

const malformed = (reason: string): string =>
  `The multipart body is malformed: ${reason.replace(/\.?$/, '.')}`;
