#!/usr/bin/env node
import { main } from '@adfw/cli';

process.exit(await main(process.argv.slice(2)));
