/** The questions of `adfw init`. Answers are values of the flags that would have said the same. */
import {
  datasetCategories,
  findPart,
  isRecord,
  listMethods,
  type PartChoice,
  pretrainedSlots,
} from '@adfw/core';
import { loadRegistry, type PreparedExperiment, prepareExperiment } from '@adfw/runner';
import input from '@inquirer/input';
import select from '@inquirer/select';
import { Interruption } from '../../shared/interruption.js';
import { type InitFlags, requestOf } from './request.js';

/** Questions go where progress does: stdout is for data. */
const terminal = { output: process.stderr };

/** Asks for what the flags leave open. */
export async function askExperiment(flags: InitFlags): Promise<InitFlags> {
  const answers: InitFlags = {};
  const isOpen = (flag: string) => flags[flag] === undefined;
  try {
    if (isOpen('method')) answers.method = await askMethod(flags);
    if (isOpen('data')) answers.data = await askData({ ...flags, ...defined(answers) });
    const data = flags.data ?? answers.data;
    if (data !== undefined && isOpen('category'))
      answers.category = await askCategory({ ...flags, ...defined(answers) });
    const soFar = () => resolved({ ...flags, ...defined(answers) });
    if (data !== undefined && isOpen('weights')) answers.weights = await askWeights(await soFar());
    const { images, model } = (await soFar()).experiment;
    if (isOpen('image-size') && typeof images.size === 'number')
      answers['image-size'] = await askNumber(
        'Images are resized to (pixels)',
        'image-size',
        String(images.size),
        {
          ...flags,
          ...defined(answers),
        },
      );
    if (isOpen('epochs') && isRecord(model.training))
      answers.epochs = await askNumber('Epochs', 'epochs', String(model.training.epochs), {
        ...flags,
        ...defined(answers),
      });
  } catch (error) {
    if (error instanceof Error && error.name === 'ExitPromptError')
      throw new Interruption('SIGINT', 'Nothing was written.');
    throw error;
  }
  return defined(answers);
}

const defined = (answers: InitFlags): InitFlags =>
  Object.fromEntries(Object.entries(answers).filter(([, value]) => value !== undefined));

const resolved = (flags: InitFlags): Promise<PreparedExperiment> => prepareExperiment(requestOf(flags));

async function askMethod({ plugin }: InitFlags): Promise<string> {
  const methods = listMethods(await loadRegistry(plugin)).map(({ method }) => method);
  return select(
    {
      message: 'Method',
      choices: methods.map(({ name, summary }) => ({ value: name, description: summary })),
    },
    terminal,
  );
}

/** Of the dataset that flags name; null where it has none. */
async function categoriesOf(flags: InitFlags): Promise<readonly string[] | null> {
  const { registry, experiment } = await resolved({ method: 'stfpm', ...flags });
  return experiment.dataset ? datasetCategories(registry, experiment.dataset) : null;
}

async function askData(flags: InitFlags): Promise<string | undefined> {
  const answer = await input(
    {
      message: `Folder with the images, in the layout of ${flags.dataset ?? 'MVTec AD'} (empty: the built-in sample)`,
      validate: (text) =>
        isRight(async () => text.trim() === '' || (await categoriesOf({ ...flags, data: text.trim() }))),
    },
    terminal,
  );
  return answer.trim() === '' ? undefined : answer.trim();
}

async function askCategory(flags: InitFlags): Promise<string | undefined> {
  const categories = await categoriesOf(flags);
  if (categories === null) return undefined;
  return select(
    { message: 'Category', choices: categories.map((category) => ({ value: category })) },
    terminal,
  );
}

const descriptions: Readonly<Record<string, string>> = {
  imagenet: "ImageNet's, downloaded once",
  'built-in': 'A small network that comes with adfw; nothing is downloaded',
  random: 'Random numbers, which know little',
};
const aFile = 'a file';

/** @returns nothing where the model has no pretrained network, or that has no weights to choose. */
async function askWeights({ registry, experiment }: PreparedExperiment): Promise<string | undefined> {
  const slot = pretrainedSlots(registry, experiment.model)[0];
  if (slot === undefined) return undefined;
  const { type, weights } = experiment.model[slot] as PartChoice;
  const schema = findPart(registry, 'backbone', type).part.options?.weights as
    | { anyOf?: readonly { enum?: readonly string[] }[] }
    | undefined;
  const names = schema?.anyOf?.flatMap(({ enum: values = [] }) => values) ?? [];
  if (names.length === 0) return undefined;
  const chosen = await select(
    {
      message: `Weights of the ${slot}`,
      default: weights as string,
      choices: [
        ...names.map((name) => ({ value: name, description: descriptions[name] ?? name })),
        { value: aFile, description: 'A .safetensors or torchvision .pth file' },
      ],
    },
    terminal,
  );
  if (chosen !== aFile) return chosen;
  const { existsSync } = await import('node:fs');
  const file = await input(
    {
      message: 'The file',
      validate: (text) => existsSync(text.trim()) || `There is no file ${text.trim() || 'without a name'}.`,
    },
    terminal,
  );
  return file.trim();
}

/** Asked again until the experiment takes it. */
const askNumber = (message: string, flag: string, standard: string, others: InitFlags): Promise<string> =>
  input(
    {
      message,
      default: standard,
      validate: (text) => isRight(() => resolved({ ...others, [flag]: text })),
    },
    terminal,
  );

/** True, or what is wrong. */
async function isRight(check: () => Promise<unknown>): Promise<true | string> {
  try {
    await check();
    return true;
  } catch (error) {
    return (error as Error).message;
  }
}
