/**
 * The results of A. Polidori, "Leveraging Student-Teacher learning framework for semi-supervised visual anomaly detection and
 * segmentation", Politecnico di Milano 2022, chapter 6: fourteen of MVTec AD's fifteen categories, all but grid. Rows stand in
 * the order of the thesis; its executive summary has the same AUROC and Dice.
 */
import type { PublishedResults } from './publication.js';

type Row = readonly [stfpm: number, fvv: number, simpleStudent: number];
type Rows = Readonly<Record<string, Row>>;

/** Section 6.4.1, p. 52. */
const imageAuroc: Rows = {
  bottle: [0.997, 0.997, 0.998],
  cable: [0.962, 0.946, 0.943],
  capsule: [0.45, 0.659, 0.544],
  carpet: [0.977, 0.97, 0.963],
  hazelnut: [0.974, 0.971, 0.998],
  leather: [1, 1, 0.997],
  metal_nut: [0.954, 0.986, 0.558],
  pill: [0.516, 0.72, 0.448],
  screw: [0.748, 0.983, 0.956],
  tile: [0.983, 0.995, 0.988],
  toothbrush: [0.683, 0.763, 0.619],
  transistor: [0.899, 0.874, 0.814],
  zipper: [0.876, 0.868, 0.912],
  wood: [0.993, 0.996, 0.996],
};

/** Section 6.4.2, p. 52. The thesis does not say over which images or pixels the mean is taken. */
const dice: Rows = {
  bottle: [0.661, 0.663, 0.555],
  cable: [0.513, 0.542, 0.488],
  capsule: [0.0133, 0.219, 0.0137],
  carpet: [0.641, 0.642, 0.594],
  hazelnut: [0.568, 0.591, 0.61],
  leather: [0.485, 0.507, 0.478],
  pill: [0.061, 0.132, 0.00157],
  metal_nut: [0.446, 0.605, 0.0104],
  screw: [0.12, 0.257, 0.238],
  tile: [0.52, 0.543, 0.519],
  toothbrush: [0.057, 0.126, 0.0643],
  transistor: [0.611, 0.587, 0.408],
  zipper: [0.446, 0.448, 0.417],
  wood: [0.573, 0.559, 0.57],
};

/** Table 6.1, p. 54: good images called defective, and defective ones called good. */
const falseBadsAndGoods: Readonly<Record<string, readonly [stfpm: Pair, fvv: Pair, simpleStudent: Pair]>> = {
  bottle: ['1/0', '1/0', '2/1'],
  cable: ['6/6', '10/5', '11/8'],
  capsule: ['22/0', '15/3', '22/0'],
  carpet: ['1/5', '1/4', '0/7'],
  hazelnut: ['11/0', '6/2', '0/4'],
  leather: ['0/0', '0/0', '1/0'],
  metal_nut: ['3/5', '2/3', '21/0'],
  pill: ['24/0', '21/3', '26/0'],
  screw: ['24/6', '0/5', '4/5'],
  tile: ['3/2', '1/3', '1/4'],
  toothbrush: ['10/0', '7/1', '10/0'],
  transistor: ['4/10', '5/12', '22/5'],
  zipper: ['10/3', '10/6', '9/2'],
  wood: ['0/1', '0/1', '0/1'],
};
type Pair = `${number}/${number}`;

const citation =
  'A. Polidori, "Leveraging Student-Teacher learning framework for semi-supervised visual anomaly detection and segmentation", Politecnico di Milano, 2022';

/** Section 6.3, p. 51; the number of epochs is not stated. The teacher's weights are ImageNet's. */
const settings = {
  images: { size: 224 },
  model: {
    teacher: { width: 64 },
    layers: ['layer1', 'layer2', 'layer3'],
    standardize: false,
    training: { optimizer: { type: 'sgd', learningRate: 0.4, momentum: 0.9, weightDecay: 0.0001 } },
  },
  fit: { batchSize: 32 },
};

const resnet18 = { type: 'resnet18' };
const common = { type: 'distillation', teacher: resnet18, adapter: 'none', loss: { type: 'cosine' } };
const distance = { type: 'distance', combine: 'product', smoothing: 0 };
const ensemble = { ...settings, model: { ...settings.model, students: 3 } };

const methods = [
  {
    method: 'STFPM',
    identity: {
      method: 'stfpm',
      model: { ...common, student: { ...resnet18, width: 64 }, students: 1, score: distance },
    },
    settings,
  },
  {
    method: 'Feature Vectors Variance',
    identity: {
      method: 'fvv',
      model: {
        ...common,
        student: { ...resnet18, width: 64 },
        score: { ...distance, type: 'distance+variance' },
      },
    },
    settings: ensemble,
  },
  {
    method: 'Simple Student',
    identity: {
      method: 'simple-student',
      model: { ...common, student: { type: 'simple-student', width: 64 }, students: 1, score: distance },
    },
    settings,
  },
] as const;

const { identity: fvv } = methods[1];
const varianceAlone = { ...fvv, model: { ...fvv.model, score: { ...distance, type: 'variance' } } };

const mvtec = (categories: Rows, column: number) =>
  Object.fromEntries(Object.entries(categories).map(([category, row]) => [category, row[column] as number]));

const counts = (column: number, side: 0 | 1) =>
  Object.fromEntries(
    Object.entries(falseBadsAndGoods).map(([category, row]) => [
      category,
      Number(row[column]?.split('/')[side]),
    ]),
  );

const diceWhere = 'section 6.4.2, p. 52, which does not say over what the mean is taken';

export const polidori2022: readonly PublishedResults[] = [
  ...methods.map((method, column) => ({
    source: 'thesis',
    citation,
    ...method,
    quantities: {
      imageAuroc: { where: 'section 6.4.1, p. 52', values: mvtec(imageAuroc, column) },
      diceMean: { where: diceWhere, values: mvtec(dice, column) },
      diceGlobal: { where: diceWhere, values: mvtec(dice, column) },
      falseBads: { where: 'table 6.1, p. 54', values: counts(column, 0) },
      falseGoods: { where: 'table 6.1, p. 54', values: counts(column, 1) },
    },
  })),
  {
    source: 'thesis',
    citation,
    method: 'Feature Vectors Variance, scored by the variance alone',
    identity: varianceAlone,
    settings: ensemble,
    quantities: {
      imageAuroc: { where: 'table 6.2, p. 56', values: { capsule: 0.786, hazelnut: 0.995 } },
      diceMean: { where: 'table 6.2, p. 56', values: { capsule: 0.113, hazelnut: 0.689 } },
      diceGlobal: { where: 'table 6.2, p. 56', values: { capsule: 0.113, hazelnut: 0.689 } },
      falseBads: { where: 'table 6.2, p. 56', values: { capsule: 13, hazelnut: 2 } },
      falseGoods: { where: 'table 6.2, p. 56', values: { capsule: 0, hazelnut: 0 } },
    },
  },
];
