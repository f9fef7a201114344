/**
 * Takes the pictures of the guide: npx tsx --conditions=rdbkit-source packages/report/testing/screenshots.ts
 *
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { browserForTests } from '@rdbkit/testkit';
import { chromium } from 'playwright-core';
import { bundlePage, htmlOf } from './report-of.ts';
import { shopDump } from './shop.ts';

const IMAGES = fileURLToPath(new URL('../../../docs/guide/images/', import.meta.url));

/** Each from the beginning of a section on. */
const PICTURES = [
  { name: 'report-light', width: 1280, height: 1360, colorScheme: 'light', section: 'page' },
  { name: 'report-dark', width: 1280, height: 960, colorScheme: 'dark', section: 'expiry' },
  { name: 'report-narrow', width: 400, height: 960, colorScheme: 'light', section: 'prefixes' },
] as const;

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-pictures-'));
const file = join(folder, 'report.html');
bundlePage();
writeFileSync(file, await htmlOf(shopDump()));
const browser = await chromium.launch(browserForTests());
try {
  for (const { name, width, height, colorScheme, section } of PICTURES) {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' });
    await page.goto(pathToFileURL(file).href);
    await page.locator(`#${section}`).evaluate((element) => element.scrollIntoView());
    await page.screenshot({ path: join(IMAGES, `${name}.png`) });
    await page.close();
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
