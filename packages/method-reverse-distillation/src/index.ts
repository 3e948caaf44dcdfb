import { definePlugin } from '@adfw/core';

export const plugin = definePlugin({ name: '@adfw/method-reverse-distillation' });
export default plugin;
