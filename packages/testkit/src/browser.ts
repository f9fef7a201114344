/**
 * A browser for tests.
 *
 * @module
 */
import { programForTests } from './test-programs.ts';

/** What playwright-core launches a browser with. */
export interface BrowserLaunch {
  readonly executablePath: string;
  readonly headless: true;
  readonly chromiumSandbox: false;
  readonly args: string[];
}

/** How to launch the browser of this machine; `undefined` and a word on it when there is none. On CI that is an error. */
export function browserForTests(): BrowserLaunch | undefined {
  const executablePath = programForTests('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable');
  if (executablePath === undefined) return undefined;
  return {
    executablePath,
    headless: true,
    chromiumSandbox: false,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  };
}
