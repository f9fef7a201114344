// Licences of what is bundled.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * What the authors of bundled packages ask to be told along with their work.
 *
 * @param inputs - Files that went into a bundle.
 * @param folder - What they are relative to.
 */
export function noticesOf(inputs, folder) {
  const packages = new Set(
    inputs.map((path) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+\//.exec(path)?.[0]).filter(Boolean),
  );
  const notices = [...packages].map((path) => {
    const { name, version, license, author } = JSON.parse(readFileSync(join(folder, path, 'package.json'), 'utf8'));
    const file = readdirSync(join(folder, path)).find((entry) => /^licen[cs]e/i.test(entry));
    if (file !== undefined) return `${name} ${version}\n\n${textOf(join(folder, path, file))}\n`;
    // Its package only names the licence, whose text is the same for all.
    if (license === 'Apache-2.0') return `${name} ${version}, by ${author}, under this licence:\n\n${apache()}\n`;
    throw new Error(`${name} has no licence to pass on`);
  });
  return notices.sort().join(`\n${'-'.repeat(80)}\n\n`);
}

function textOf(path) {
  return readFileSync(path, 'utf8').trim();
}

/** The Apache License 2.0, from a package that has its text. */
function apache() {
  const typescript = createRequire(import.meta.url).resolve('typescript/package.json');
  return textOf(join(dirname(typescript), 'LICENSE.txt'));
}
