import { readFileSync } from 'node:fs';

/** The version of this package. */
export function readVersion(): string {
  // The same place seen from src/app and from dist/app.
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return (manifest as { version: string }).version;
}
