import { type Part, randomNormal } from '@adfw/core';

export const noisePart: Part<'augmentation'> = {
  kind: 'augmentation',
  name: 'noise',
  summary: 'Adds noise, as of a camera, to each value of each image.',
  options: {
    deviation: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 128,
      default: 5,
      description: 'Its standard deviation, of values from 0 to 255.',
    },
  },
  create:
    ({ deviation }: { deviation: number }) =>
    (image, random) => ({
      ...image,
      data: image.data.map((value) =>
        Math.min(255, Math.max(0, Math.round(value + deviation * randomNormal(random)))),
      ),
    }),
};
