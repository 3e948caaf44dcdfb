// Builds dist/index.js from gradients.mjs: a module that registers the gradients of all of tfjs-core's kernels, and tensors' methods.
//
// tfjs-core keeps them outside its main file, in a form that only bundlers can load; the one
// package that loads them on Node, @tensorflow/tfjs, brings five more packages along. What is bundled here shares the engine and
// the registries with tfjs-core's main file, since both are kept on the global object.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

/** Modules of tfjs-core, and ours that give the same in less time. */
const replacements = {
  ones: 'filled.mjs',
  zeros: 'filled.mjs',
  LeakyRelu_grad: 'leaky-relu-gradient.mjs',
};
const file = (name) => fileURLToPath(new URL(name, import.meta.url));
await build({
  input: file('gradients.mjs'),
  external: ['@tensorflow/tfjs-core', 'seedrandom', 'long'],
  platform: 'neutral',
  resolve: { mainFields: ['module', 'main'] },
  logLevel: 'warn',
  plugins: [
    {
      name: 'replacements',
      resolveId: (id) => {
        const replacement = replacements[id.slice(id.lastIndexOf('/') + 1)];
        return replacement === undefined ? null : file(replacement);
      },
    },
  ],
  output: { file: file('dist/index.js'), format: 'esm', minify: true },
});
writeFileSync(
  file('dist/index.d.ts'),
  '/** Imported for its effect: the gradients of all kernels are registered. */\nexport {};\n',
);
