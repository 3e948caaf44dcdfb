/** Which page or frame of a file is read, and whether it is of a kind whose pixels are known to come out right. */
import type { ImageReading } from '@adfw/core/plain';
import { type TiffPage, tiffPages } from './tiff-pages.js';

export interface PageChoice {
  /** As in {@link ImageReading}: null where the file is to have but one. */
  readonly page?: ImageReading['page'];
  /** The only page of a file serves whatever `page` is: one mask for all pages of an image. */
  readonly onlyPageServes?: boolean;
}

/** What the decoder is to be told, or why the file cannot be read. */
type Found = { readonly page?: number } | { readonly fault: string };

/**
 * The page of a TIFF, where pages that are smaller copies of others do not count.
 * @returns the place of its directory.
 */
export function tiffPage(bytes: Uint8Array, choice: PageChoice): Found {
  const directories = tiffPages(bytes);
  // The decoder says better what is wrong with such a file.
  if (directories.length === 0) return {};
  const pages = [...directories.keys()].filter((index) => !directories[index]?.isPreview);
  if (pages.length === 0)
    return {
      fault: 'it holds only a preview, as raw files of cameras do: develop it to a TIFF or PNG first',
    };
  const found = choosePage(pages.length, 'page', choice);
  if ('fault' in found) return found;
  const page = pages[found.page ?? 0] as number;
  const fault = tiffFault(directories[page] as TiffPage);
  return fault === null ? { page } : { fault };
}

/** @param count how many pages or frames there are. */
export function choosePage(
  count: number,
  kind: 'page' | 'frame',
  { page = null, onlyPageServes = false }: PageChoice,
): Found {
  const counted = `it has ${count} ${kind}${count === 1 ? '' : 's'}`;
  if (count === 1 && (page === null || onlyPageServes)) return {};
  if (page === null)
    return {
      fault: `${counted}, and which to take is not said; in a run, --set dataset.page=0 takes the first of each file`,
    };
  if (page >= count)
    return { fault: `${counted}, counted from 0, so that there is none for dataset.page=${page}` };
  return { page };
}

const [WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR] = [0, 1, 2, 3, 5, 6];

const KINDS: Readonly<Record<number, string>> = {
  8: 'CIELAB',
  9: 'ICCLAB',
  10: 'ITULAB',
  32803: 'a colour filter array',
  34892: 'linear raw',
};

/** Why the pixels of a page cannot be had, or null. What its samples are, integers or not, the decoder tells. */
function tiffFault({ samples, bits, photometric, isPlanar, isTiled }: TiffPage): string | null {
  const isGrey = photometric === WHITE_IS_ZERO || photometric === BLACK_IS_ZERO;
  const channels = `it has ${samples} channel${samples === 1 ? '' : 's'}`;
  if (isGrey && (samples > 2 || (samples > 1 && isPlanar)))
    return `${channels} and says that they are grey, so which are red, green and blue is not known: save it as RGB, the other channels behind these, or one channel alone`;
  if (![WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR].includes(photometric))
    return `its colours are ${KINDS[photometric] ?? `of the kind ${photometric} (PhotometricInterpretation)`}: save it as RGB or grey`;
  const needed = photometric === CMYK ? 4 : isGrey || photometric === PALETTE ? 1 : 3;
  if (samples < needed || (photometric === PALETTE && samples > 1))
    return `${channels}, where its colours need ${needed}`;
  if (![1, 2, 4, 8, 16, 32, 64].includes(bits))
    return `its samples have ${bits === 0 ? 'different numbers of' : bits} bits: save it with 8 or 16`;
  if (isPlanar && isTiled && samples > 1)
    return 'it is tiled with a plane a channel: save it with the channels of a pixel together';
  return null;
}
