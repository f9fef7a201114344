// Licences of what is bundled.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

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
    const { name, version } = JSON.parse(readFileSync(join(folder, path, 'package.json'), 'utf8'));
    const file = readdirSync(join(folder, path)).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${name} has no licence to pass on`);
    return `${name} ${version}\n\n${readFileSync(join(folder, path, file), 'utf8').trim()}\n`;
  });
  return notices.sort().join(`\n${'-'.repeat(80)}\n\n`);
}
