import { join } from 'node:path';
import { DataError } from '@adfw/core';
import { weightsCache } from '../weights/cache.js';
import { download, exists, sha256Of } from '../weights/download.js';
import type { ResNetArchitecture } from './architectures.js';

/** Where torchvision's weights are. */
const TORCHVISION = 'https://download.pytorch.org/models/';

/**
 * torchvision's IMAGENET1K_V1 weights. The end of a name is the beginning of the file's SHA-256; the rest of it is as found
 * by those who have pinned these files.
 */
const files: Readonly<Record<ResNetArchitecture, { readonly name: string; readonly sha256: string }>> = {
  resnet18: {
    name: 'resnet18-f37072fd.pth',
    sha256: 'f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec',
  },
  resnet34: {
    name: 'resnet34-b627a593.pth',
    sha256: 'b627a593bcbe140c234610266fe4f8ae95ea42fc881d091c9b6052e6b1d0590f',
  },
  resnet50: {
    name: 'resnet50-0676ba61.pth',
    sha256: '0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a',
  },
  wide_resnet50_2: {
    name: 'wide_resnet50_2-95faca4d.pth',
    sha256: '95faca4d11227dddf8633dbb5ff6c8a9003c1aa5b8945c73834b8007b10950b8',
  },
};

export interface ImagenetOptions {
  readonly report?: (message: string) => void;
  readonly signal?: AbortSignal;
  /** The folder of the files, with a `/` at its end, and what is expected there; torchvision's by default. */
  readonly baseUrl?: string;
  readonly sha256?: string;
}

/**
 * The file with the weights that torchvision trained on ImageNet-1k (its first version). It is downloaded once and kept in
 * `weightsCache`; a file that the user has put there is taken as well. Either is checked by its SHA-256.
 *
 * @returns the file's path.
 * @throws DataError that says where to get the file and where to put it, when it cannot be downloaded.
 */
export async function imagenetWeights(
  architecture: ResNetArchitecture,
  { baseUrl = TORCHVISION, sha256 = files[architecture].sha256, report, signal }: ImagenetOptions = {},
): Promise<string> {
  const { name } = files[architecture];
  const path = join(weightsCache(), name);
  if (await exists(path)) {
    const found = await sha256Of(path);
    if (found !== sha256)
      throw new DataError(
        `${path} is not the file torchvision publishes: its SHA-256 is ${found}, expected is ${sha256}. Delete it, and it is downloaded again.`,
      );
    return path;
  }
  const url = baseUrl + name;
  report?.(`Downloading the ImageNet weights of ${architecture} from ${url}.`);
  try {
    await download({ url, sha256, path, ...(report && { report }), ...(signal && { signal }) });
  } catch (error) {
    signal?.throwIfAborted();
    throw new DataError(
      `The ImageNet weights of ${architecture} could not be downloaded (${(error as Error).message}): get ${url} and put it at ${path}, or name a file with --weights FILE. A small teacher needs no download: --weights built-in.`,
      { cause: error },
    );
  }
  return path;
}
