import { checkConformance } from '@adfw/core';
import { it } from 'vitest';
import { plugin } from './index.js';

it('the plugin conforms', async () => {
  await checkConformance(plugin);
});
