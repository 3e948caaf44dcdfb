import { definePlugin } from '@adfw/core';

export const plugin = definePlugin({ name: '@adfw/method-uninformed-students' });
export default plugin;
