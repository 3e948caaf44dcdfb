#!/usr/bin/env node
import module from 'node:module';

// Node 22.1 and later keep what they compile for the next start.
module.enableCompileCache?.();
const { main } = await import('@adfw/cli');

process.exit(await main(process.argv.slice(2)));
