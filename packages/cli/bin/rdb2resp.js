#!/usr/bin/env node
import module from 'node:module';

// From Node 22.8 on: what was compiled once is not compiled again.
module.enableCompileCache?.();
await import('../dist/programs/rdb2resp.js');
