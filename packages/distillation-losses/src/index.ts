import { definePlugin } from '@adfw/core';

export const plugin = definePlugin({ name: '@adfw/distillation-losses' });
export default plugin;
