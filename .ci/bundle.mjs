// Makes the bundles that a test may run as new as the sources. Vitest calls it before the tests.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './setup.mjs';

export async function setup() {
  for (const name of readdirSync(join(root, 'packages'))) {
    const bundler = join(root, 'packages', name, 'bundle.mjs');
    if (existsSync(bundler)) await import(pathToFileURL(bundler).href);
  }
}
