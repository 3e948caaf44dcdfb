import { type Backbone, type ContextOf, type Make, tf } from '@adfw/core';

/** What a picture looks like from afar: `layer1` is the mean of squares of 4 pixels, `layer2` of 8. Nothing of it is learnt. */
const poolingBackbone = ({ layers }: Pick<ContextOf<'backbone'>, 'layers'>): Backbone => ({
  layers,
  channels: Object.fromEntries(layers.map((layer) => [layer, 3])),
  parameters: {},
  statistics: {},
  features: (images) =>
    Object.fromEntries(
      layers.map((layer) => {
        const side = layer === 'layer1' ? 4 : 8;
        return [layer, tf.avgPool(images, side, side, 'valid')];
      }),
    ),
  dispose() {},
});

export const makePoolingBackbone: Make<'backbone'> = Object.assign(
  async (context: Partial<ContextOf<'backbone'>> = {}) => poolingBackbone({ layers: context.layers ?? [] }),
  { type: 'pooling', path: '$.model.backbone' },
);
