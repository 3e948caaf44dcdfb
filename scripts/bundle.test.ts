import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const packages = new URL('../packages/', import.meta.url);
const runner = fileURLToPath(new URL('runner/', packages));

/** What a program writes that Node runs, with the packages as it finds them. */
const written = (program: string) =>
  JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: runner,
      encoding: 'utf8',
    }),
  );

test('a process has one copy of the core, of its errors and of tfjs, whichever entry it takes', () => {
  const program = `
    import { createRequire } from 'node:module';
    import * as tfjs from '@tensorflow/tfjs-core';
    import * as core from '@adfw/core';
    import * as plain from '@adfw/core/plain';
    import { builtInPlugins } from '@adfw/runner/plugins';
    import { methodPlugins } from '@adfw/runner/methods';
    import * as runner from '@adfw/runner';
    console.log(JSON.stringify({
      bundled: import.meta.resolve('@adfw/core').endsWith('dist/node/index.js'),
      tensors: core.tf.Tensor === tfjs.Tensor,
      backends: core.tf.engine() === tfjs.engine(),
      required: createRequire(import.meta.url)('@tensorflow/tfjs-core') === core.tf,
      gradients: tfjs.getGradient('Conv2D') !== undefined,
      errors: core.ConfigurationError === plain.ConfigurationError,
      corePlugin: methodPlugins.includes(core.corePlugin),
      plugins: runner.builtInPlugins === builtInPlugins,
    }));
  `;
  for (const [what, isOne] of Object.entries(written(program))) expect(isOne, what).toBe(true);
});

test('whatever Node loads of a package with sources is bundled', () => {
  const unbundled = readdirSync(packages).flatMap((folder) => {
    const { name, exports } = JSON.parse(readFileSync(new URL(`${folder}/package.json`, packages), 'utf8'));
    return Object.entries<{ types?: string; node?: string }>(exports)
      .filter(([, { types, node }]) => types !== undefined && node === undefined)
      .map(([entry]) => `${name} ${entry}`);
  });
  // One is a bundle already, the other is for browsers.
  expect(unbundled).toEqual(['adfw ./browser', '@adfw/tfjs-gradients .']);
});
