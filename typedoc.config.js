// The documentation's site: `npm run docs` writes it to docs/site, and fails on a link that leads nowhere.
import katex from '@vscode/markdown-it-katex';
import { Converter } from 'typedoc';

/** Pages are called by their headings rather than by their files. */
const nameDocuments = ({ converter }) =>
  converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
    const [, heading] = /^# (.+)$/m.exec(document.content.map(({ text }) => text).join('')) ?? [];
    if (heading !== undefined) document.name = heading;
  });

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: 'adfw',
  entryPointStrategy: 'packages',
  entryPoints: [
    'packages/adfw',
    'packages/core',
    'packages/runner',
    'packages/engine-onnxruntime',
    'packages/networks',
    'packages/method-stfpm',
    'packages/method-fvv',
    'packages/method-simple-student',
    'packages/distillation',
    'packages/memory-bank',
    'packages/gaussian',
    'packages/classical-features',
    'packages/flow',
    'packages/augmentation',
    'packages/autoencoder',
    'packages/adversarial',
    'packages/one-class',
    'packages/self-supervision',
    'packages/method-uninformed-students',
    'packages/method-reverse-distillation',
    'packages/pretraining',
    'packages/benchmark',
    'packages/queue',
    'packages/audit',
    'packages/report',
    'packages/server',
    'packages/images',
    'packages/datasets-mvtec',
    'packages/datasets-sample',
  ],
  packageOptions: {
    entryPoints: ['src/index.ts'],
    skipErrorChecking: true,
    disableSources: true,
    validation: { notExported: false },
  },
  projectDocuments: [
    'getting-started',
    'own-data',
    'measures',
    'datasets',
    'methods',
    'memory-bank',
    'gaussian',
    'flow',
    'autoencoder',
    'adversarial',
    'one-class',
    'self-supervision',
    'experiments',
    'training',
    'teachers',
    'thresholds',
    'deploying',
    'embedding',
    'writing-a-variant',
    'writing-a-model',
    'benchmarks',
    'decisions',
  ].map((name) => `docs/${name}.md`),
  out: 'docs/site',
  plugin: [nameDocuments],
  customCss: 'docs/site.css',
  highlightLanguages: [
    'bash',
    'console',
    'csv',
    'dockerfile',
    'ini',
    'javascript',
    'json',
    'python',
    'typescript',
    'yaml',
  ],
  disableSources: true,
  // Links are what is checked; types that a package does not export are its own matter.
  validation: { invalidLink: true, invalidPath: true, notExported: false },
  treatWarningsAsErrors: true,
  // MathML needs neither fonts nor a style sheet of its own.
  markdownItLoader: (parser) => parser.use(katex.default ?? katex, { output: 'mathml' }),
};
