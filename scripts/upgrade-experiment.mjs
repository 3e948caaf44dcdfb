/**
 * Rewrites what adfw 0.1 wrote before distillation became one kind of model among others, so that this version reads it:
 *
 *     node scripts/upgrade-experiment.mjs PATH...
 *
 * A PATH is an experiment document (a JSON file), the directory of a complete run (its experiment, report, training log and model), or
 * a model's folder. Each is written whole before it takes the place of what was there, of which NAME.bak stays as a copy. What is in
 * the new layout already is left as it is, and what is in neither is refused. `teacher`, `student`, `layers`, `loss`, `score` and the
 * training go into `model`, the rest of `training` is `fit`, and `dataset.imageSize` is `images.size`.
 */
import { existsSync } from 'node:fs';
import { cp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

const common = ['$schema', 'method', 'dataset', 'threshold', 'deployedThreshold', 'plugins', 'seed'];
const ofModel = ['teacher', 'student', 'layers', 'loss', 'score'];
const fitKeys = ['batchSize', 'validationFraction', 'folds', 'cacheMemory'];
const trainingKeys = [
  'epochs',
  'schedule',
  'clipNorm',
  'averageDecay',
  'preciseBatchNorm',
  'patience',
  'optimizer',
];
const newKeys = ['images', 'model', 'fit'];

const refuse = (message) => {
  throw new Error(message);
};
const isRecord = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What of `record` is there, under the keys in their order. */
const pick = (record, keys) =>
  Object.fromEntries(keys.filter((key) => record[key] !== undefined).map((key) => [key, record[key]]));

const section = (key, value) => (Object.keys(value).length > 0 ? { [key]: value } : {});

/** A document in the new layout; the same one where nothing in it changes. */
function upgradedDocument(document, source, imageSize) {
  if (!isRecord(document)) refuse(`${source} is no experiment document: it holds no object.`);
  const refuseOther = (record, known, path) => {
    const other = Object.keys(record).find((key) => !known.includes(key));
    if (other !== undefined)
      refuse(`${source}: ${path}${other} is in neither the old layout nor the new one.`);
  };
  const { training = {}, teacher, student, dataset, ...rest } = document;
  const isOld =
    [...ofModel, 'training'].some((key) => document[key] !== undefined) || dataset?.imageSize !== undefined;
  const found = newKeys.find((key) => document[key] !== undefined);
  if (isOld && found)
    refuse(`${source} has ${found}, which is new, beside keys of the old layout: rewrite it by hand.`);
  refuseOther(document, [...common, ...ofModel, 'training', ...newKeys], '$.');
  if (!isOld) return document;
  for (const [key, value] of Object.entries({ training, teacher, student, dataset }))
    if (value !== undefined && !isRecord(value)) refuse(`${source}: $.${key} is no object.`);
  refuseOther(training, [...fitKeys, ...trainingKeys], '$.training.');

  const { standardize, ...teacherPart } = teacher ?? {};
  const { count: students, adapter, variants, ...studentPart } = student ?? {};
  const { imageSize: datasetSize, ...datasetPart } = dataset ?? {};
  // Written out, it needs no method to be read; and there a student says all that it is, for nothing is filled in.
  const isWhole = [teacher, student, document.loss, document.score].every((part) => part?.type !== undefined);
  const model = {
    ...(isWhole && { type: 'distillation' }),
    ...section('teacher', teacherPart),
    ...pick(document, ['layers']),
    ...pick({ standardize }, ['standardize']),
    ...section('student', studentPart),
    ...pick({ students, variants: variants && withStudent(studentPart, variants), adapter }, [
      'students',
      'variants',
      'adapter',
    ]),
    ...pick(document, ['loss', 'score']),
    ...section('training', pick(training, trainingKeys)),
  };
  const size = sizeOf(datasetSize ?? imageSize);
  if (isWhole && size === undefined)
    console.error(`${source} says no size of images: without images.size they are 224x224.`);
  return {
    ...pick(rest, ['$schema', 'method']),
    ...section('dataset', datasetPart),
    ...section('images', pick({ size }, ['size'])),
    ...section('model', model),
    ...section('fit', pick(training, fitKeys)),
    ...pick(rest, ['threshold', 'deployedThreshold', 'plugins', 'seed']),
  };
}

/** A variant took over the options of the student one by one; now it does so option by option of these, unless it has a type. */
const withStudent = (student, variants) =>
  student.type === undefined ? variants : variants.map((variant) => ({ ...student, ...variant }));

function sizeOf(size) {
  if (!isRecord(size)) return size;
  return size.height === size.width ? size.height : [size.height, size.width];
}

const byStudent = (values) =>
  Object.fromEntries(values.map((value, index) => [`student ${index + 1}`, value]));

const upgradedReport = ({ bestEpochs, ...report }) =>
  bestEpochs === undefined
    ? report
    : {
        ...report,
        training: [{ stage: 'students', kept: byStudent(bestEpochs) }],
        model: report.model ?? null,
      };

function upgradedEpoch(record) {
  if (record.stage !== undefined) return record;
  const { epoch, loss, validationLoss = null, best, ...rest } = record;
  return {
    stage: 'students',
    epoch,
    loss: byStudent(loss),
    heldOutLoss: validationLoss && byStudent(validationLoss),
    best: byStudent(best),
    ...rest,
  };
}

function upgradedName(name, source) {
  if (/^(backbone|model)\//.test(name)) return name;
  const standardization = /^teacher\/standardization\.(.+)$/.exec(name);
  if (standardization) return `model/standardization/${standardization[1]}`;
  if (name.startsWith('teacher/')) return name.replace('teacher/', 'backbone/');
  if (/^(student\d+|score)\//.test(name)) return `model/${name}`;
  return refuse(`${source} holds "${name}", which is no tensor of a model.`);
}

/** The bytes of a safetensors file with its tensors under their new names. */
function upgradedWeights(bytes, source) {
  const length = bytes.length < 8 ? 0 : Number(bytes.readBigUInt64LE(0));
  if (length === 0 || 8 + length > bytes.length) refuse(`${source} is no whole safetensors file.`);
  const header = parsed(bytes.subarray(8, 8 + length).toString('utf8'), source);
  const named = Object.entries(header).map(([name, value]) => [
    name === '__metadata__' ? name : upgradedName(name, source),
    value,
  ]);
  const text = JSON.stringify(Object.fromEntries(named));
  const padded = Buffer.from(text.padEnd(text.length + ((8 - (Buffer.byteLength(text) % 8)) % 8)));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([start, padded, bytes.subarray(8 + length)]);
}

function parsed(text, source) {
  try {
    return JSON.parse(text);
  } catch (error) {
    return refuse(`${source} holds no JSON: ${error.message}.`);
  }
}

const readJson = async (path) => parsed(await readFile(path, 'utf8'), path);
const jsonText = (value) => `${JSON.stringify(value, null, 2)}\n`;

/** Puts what `write` wrote under another name in the place of `path`, which becomes `path.bak`. */
async function replace(path, write) {
  const [temporary, backup] = [`${path}.new`, `${path}.bak`];
  for (const other of [temporary, backup])
    if (existsSync(other)) refuse(`${other} is there already: move it away, and call this again.`);
  try {
    await write(temporary);
    if ((await stat(path)).isDirectory()) await rename(path, backup);
    else await cp(path, backup);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  console.log(`${path}: upgraded; what it was is ${basename(backup)}.`);
}

async function upgradeFile(path, upgrade) {
  const text = await readFile(path, 'utf8');
  const before = upgrade.parse(text);
  const after = upgrade.change(before);
  if (JSON.stringify(after) === JSON.stringify(before)) return console.log(`${path}: nothing to change.`);
  return replace(path, (temporary) => writeFile(temporary, upgrade.text(after)));
}

const jsonFile = (path, change) =>
  upgradeFile(path, { parse: (text) => parsed(text, path), change, text: jsonText });

async function upgradeModel(folder) {
  const [manifestFile, weightsFile] = ['manifest.json', 'weights.safetensors'].map((name) =>
    join(folder, name),
  );
  const manifest = await readJson(manifestFile);
  if (manifest.format !== 'adfw-model' || ![1, 2].includes(manifest.version))
    refuse(`${manifestFile} is no model of adfw: its format is ${manifest.format} ${manifest.version}.`);
  if (manifest.version === 2) return console.log(`${folder}: nothing to change.`);
  const experiment = upgradedDocument(manifest.experiment, manifestFile, manifest.imageSize);
  const weights = upgradedWeights(await readFile(weightsFile), weightsFile);
  return replace(folder, async (temporary) => {
    await cp(folder, temporary, { recursive: true });
    await writeFile(join(temporary, 'weights.safetensors'), weights);
    await writeFile(join(temporary, 'manifest.json'), jsonText({ ...manifest, version: 2, experiment }));
  });
}

/** Its experiment comes last: until it is new, all of this may be repeated. */
async function upgradeRun(folder) {
  const at = (name) => join(folder, name);
  if (!existsSync(at('metrics.json')))
    refuse(
      `${folder} is no complete run: begin it anew, in another folder, with its upgraded experiment.json.`,
    );
  const { imageSize } = existsSync(at('model')) ? await readJson(at('model/manifest.json')) : {};
  const experiment = upgradedDocument(
    await readJson(at('experiment.json')),
    at('experiment.json'),
    imageSize,
  );
  if (existsSync(at('model'))) await upgradeModel(at('model'));
  await jsonFile(at('metrics.json'), upgradedReport);
  if (existsSync(at('train.jsonl')))
    await upgradeFile(at('train.jsonl'), {
      parse: (text) =>
        text
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => parsed(line, at('train.jsonl'))),
      change: (epochs) => epochs.map(upgradedEpoch),
      text: (epochs) => epochs.map((epoch) => `${JSON.stringify(epoch)}\n`).join(''),
    });
  await jsonFile(at('experiment.json'), () => experiment);
}

async function upgrade(path) {
  if (!existsSync(path)) refuse(`There is no ${path}.`);
  if (!(await stat(path)).isDirectory())
    return jsonFile(path, (document) => upgradedDocument(document, path));
  if (existsSync(join(path, 'experiment.json'))) return upgradeRun(path);
  if (existsSync(join(path, 'manifest.json'))) return upgradeModel(path);
  return refuse(`${path} is no run's directory and no model's folder.`);
}

const paths = process.argv.slice(2);
if (paths.length === 0) {
  console.error('Name experiment documents, directories of runs, or folders of models.');
  process.exitCode = 2;
}
for (const path of paths)
  await upgrade(resolve(path)).catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
