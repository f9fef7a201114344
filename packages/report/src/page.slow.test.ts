// The page in a browser, as somebody opens it from a disk.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { browserForTests, RdbBuilder } from '@rdbkit/testkit';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { dataOf, htmlOf } from '../testing/report-of.ts';
import { shopDump } from '../testing/shop.ts';
import { reportHtml } from './report-html.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const launch = browserForTests();

describe.skipIf(launch === undefined)('in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rdbkit-report-'));
  const shop = shopDump(0.5);
  const data = dataOf(shop);
  let browser: Browser;
  let page: Page;
  /** Everything that must not happen: messages on the console, errors, requests beyond the file itself. */
  let complaints: string[] = [];

  function write(name: string, html: string): string {
    const file = join(folder, name);
    writeFileSync(file, html);
    return pathToFileURL(file).href;
  }

  async function open(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      reducedMotion: 'reduce',
      ...options,
    });
    const opened = await context.newPage();
    opened.setDefaultTimeout(5000);
    opened.on('console', (message) => complaints.push(`console: ${message.text()}`));
    opened.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    opened.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`));
    opened.on('request', (request) => {
      if (request.url() !== url && request.url() !== 'data:,') complaints.push(`request: ${request.url()}`);
    });
    await opened.goto(url);
    await opened.locator('#about').waitFor();
    return opened;
  }

  let url = '';
  beforeAll(async () => {
    url = write('shop.html', await reportHtml(data));
    browser = await chromium.launch(launch);
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  beforeEach(async () => {
    complaints = [];
    page = await open(url);
  });
  afterEach(async () => {
    await page.context().close();
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
  });

  const cell = (prefix: string): ReturnType<Page['locator']> =>
    page.getByRole('group', { name: 'Map of prefixes' }).getByRole('button', { name: new RegExp(`^${prefix} `) });
  const way = (): Promise<string> => page.getByRole('navigation', { name: 'Prefix shown' }).innerText();
  const column = (table: string, place: number): Promise<string[]> =>
    page.getByRole('table', { name: table, exact: true }).locator(`tbody td:nth-child(${place})`).allInnerTexts();
  const numbers = (texts: readonly string[]): number[] =>
    texts.filter((text) => text !== '').map((text) => Number(text.replaceAll(',', '')));

  it('shows every section', async () => {
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('shop.rdb');
    expect(await page.getByRole('heading', { level: 2 }).allInnerTexts()).toEqual([
      'Worth a look',
      'Prefixes',
      'Types',
      'Databases',
      'Expiry',
      'Sizes',
      'Largest keys',
      'Longest elements',
      'Consumer groups',
      'Hash slots',
      'Functions and modules',
      'These figures',
    ]);
    const figures = await page.locator('.figures').innerText();
    expect(figures).toContain(data.total.keys.toLocaleString('en-US'));
    const types = await page.getByRole('table', { name: 'Keys by type and encoding' }).innerText();
    for (const { type, encodings } of data.types) {
      expect(types).toContain(type);
      for (const { encoding } of encodings) expect(types).toContain(encoding);
    }
    expect(await page.locator('.advice li').count()).toBe(data.advice.length);
    expect(await page.getByText('MBbloom--').count()).toBe(1);
    expect(await page.getByText('pricing').count()).toBe(1);
  });

  it('has links to all sections', async () => {
    const links = page.getByRole('navigation', { name: 'Sections' }).getByRole('link');
    const targets = await links.evaluateAll((all) => all.map((link) => link.getAttribute('href')));
    expect(targets).toHaveLength(13);
    for (const target of targets) expect(await page.locator(target ?? '').count()).toBe(1);
  });

  it('zooms by mouse, in the map, the list and the way back', async () => {
    expect(await way()).toBe('All keys');
    await cell('user:').click({ position: { x: 10, y: 8 } });
    expect(await way()).toBe('All keys\nuser:');
    expect(await cell('user:profile:').count()).toBe(1);
    await page.getByRole('navigation', { name: 'Prefix shown' }).getByRole('button', { name: 'All keys' }).click();
    expect(await way()).toBe('All keys');
    await page.getByRole('list', { name: 'Prefixes in the map' }).getByRole('button', { name: 'cache:' }).click();
    expect(await way()).toBe('All keys\ncache:');
  });

  it('draws areas by the chosen measure', async () => {
    const area = async (prefix: string): Promise<number> => {
      const box = await cell(prefix).boundingBox();
      return (box?.width ?? 0) * (box?.height ?? 0);
    };
    const sums = (prefix: string) => data.prefixes?.[5].find(([part]) => part === prefix);
    for (const [measure, at] of [
      ['Memory', 3],
      ['In the dump', 2],
      ['Keys', 1],
    ] as const) {
      await page.getByRole('group', { name: 'Areas show' }).getByRole('radio', { name: measure }).check();
      const expected = Number(sums('cache:')?.[at]) / Number(sums('user:')?.[at]);
      const drawn = (await area('cache:')) / (await area('user:'));
      expect(drawn / expected, measure).toBeGreaterThan(0.9);
      expect(drawn / expected, measure).toBeLessThan(1.1);
    }
    expect(await cell('user:').getAttribute('aria-label')).toMatch(/^user: [\d,]+, \d+ %, [\d,]+ keys, \d+ % expire$/);
  });

  it('can be walked through by keys', async () => {
    const focused = (): Promise<string> =>
      page.evaluate(() => document.activeElement?.getAttribute('aria-label')?.split(' ')[0] ?? '');
    await page.getByRole('group', { name: 'Areas show' }).getByRole('radio', { checked: true }).focus();
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('cache:');
    const visited = new Set<string>();
    for (const key of ['ArrowRight', 'ArrowDown', 'ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp']) {
      await page.keyboard.press(key);
      visited.add(await focused());
    }
    expect(visited.size).toBeGreaterThan(2);
    await page.keyboard.press('Home');
    expect(await focused()).toBe('cache:');
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle);
    expect(outline).toBe('solid');
    await page.keyboard.press('Enter');
    expect(await way()).toBe('All keys\ncache:');
    expect(await focused()).toMatch(/^cache:(?:page|product):/);
    await page.keyboard.press('Escape');
    expect(await way()).toBe('All keys');
    expect(await focused()).toBe('cache:');
    await page.keyboard.press('Escape');
    expect(await way()).toBe('All keys');
    // One stop for the whole map.
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('prefix-list');
  });

  it('sorts by each column, both ways', async () => {
    const table = page.getByRole('table', { name: 'Largest keys' });
    const header = (name: string): ReturnType<Page['locator']> => table.getByRole('columnheader', { name });
    expect(await header('Memory').getAttribute('aria-sort')).toBe('descending');
    expect((await column('Largest keys', 1))[0]).toBe(data.keys[0]?.key);

    await header('Elements').getByRole('button').press('Enter');
    expect(await header('Elements').getAttribute('aria-sort')).toBe('descending');
    expect(await header('Memory').getAttribute('aria-sort')).toBe('none');
    const falling = numbers(await column('Largest keys', 4));
    expect(falling[0]).toBe(Math.max(...data.keys.map(({ elements }) => elements)));
    expect(falling).toEqual([...falling].sort((a, b) => b - a));

    await header('Elements').getByRole('button').click();
    expect(await header('Elements').getAttribute('aria-sort')).toBe('ascending');
    await header('Key').getByRole('button').click();
    const names = await column('Largest keys', 1);
    expect(names).toEqual([...names].sort());

    await header('Time left').getByRole('button').click();
    await header('Time left').getByRole('button').click();
    const first = Math.min(...data.keys.map(({ expireAtMs }) => expireAtMs ?? Number.POSITIVE_INFINITY));
    expect((await column('Largest keys', 1))[0]).toBe(data.keys.find(({ expireAtMs }) => expireAtMs === first)?.key);
  });

  it('shows more rows when asked', async () => {
    expect(await column('Largest keys', 1)).toHaveLength(25);
    await page.locator('#keys').getByRole('button', { name: 'Show 100 more' }).click();
    expect(await column('Largest keys', 1)).toHaveLength(125);
  });

  it('finds keys by name and type', async () => {
    const search = page.getByRole('searchbox', { name: 'Find in names of keys' });
    await search.fill('LEADERBOARD:2025-0');
    const found = await column('Largest keys', 1);
    const expected = data.keys.filter(({ key }) => key.startsWith('leaderboard:2025-0'));
    expect(found.toSorted()).toEqual(expected.map(({ key }) => key).toSorted());
    expect(found.length).toBeGreaterThan(0);
    await page.getByRole('combobox', { name: 'Type of keys' }).selectOption('string');
    expect(await column('Largest keys', 1)).toEqual([]);
    expect(await page.getByText('None of these keys').isVisible()).toBe(true);
    await search.fill('');
    expect(new Set(await column('Largest keys', 2))).toEqual(
      new Set(['string\nraw'].map((text) => text.replace('\n', ''))),
    );
  });

  it('leads from advice to the prefix and the key', async () => {
    const advice = page.locator('#advice');
    await advice.getByRole('button', { name: 'cache:' }).click();
    expect(await way()).toBe('All keys\ncache:');
    await advice.getByRole('button', { name: 'events:clicks' }).click();
    expect(await column('Largest keys', 1)).toEqual(['events:clicks']);
  });

  it('tells the columns of histograms in words', async () => {
    const chart = page.getByRole('group', { name: /^Memory of a key/ });
    await chart.focus();
    await page.keyboard.press('End');
    const said = page.locator('#sizes .said').first();
    const last = /^(\d+ [KM]iB) to \d+ [KM]iB: \d+ keys?/.exec(await said.innerText());
    await page.keyboard.press('ArrowLeft');
    expect(await said.innerText()).toMatch(new RegExp(`^\\d+ KiB to ${last?.[1]}: `));
    await page.getByRole('group', { name: 'Columns show' }).getByRole('radio', { name: 'Memory' }).check();
    await chart.focus();
    await page.keyboard.press('End');
    expect(await said.innerText()).toMatch(/: [\d.]+ MiB/);
  });

  it('shows names as text, whatever is in them', async () => {
    await page.getByRole('searchbox').fill('onerror');
    expect(await column('Largest keys', 1)).toEqual(['</script><img src=x onerror=alert(1)>:x']);
    await page.getByRole('searchbox').fill('elttil');
    const name = page.locator('#keys tbody .name');
    expect(await name.evaluate((element) => [element.tagName, getComputedStyle(element).direction])).toEqual([
      'BDI',
      'ltr',
    ]);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('script').count()).toBe(1);
  });

  it.each(['light', 'dark'] as const)('has contrast enough in the %s theme', async (colorScheme) => {
    const themed = await open(url, { colorScheme });
    const results = await themed.evaluate(contrasts);
    await themed.context().close();
    expect(results.ground).toBe(colorScheme === 'dark' ? 'dark' : 'light');
    expect(results.texts).toBeGreaterThan(300);
    expect(results.tooFaint).toEqual([]);
    expect(results.faintTypes).toEqual([]);
  });

  it.each([1280, 1000, 700, 400, 320])('fits into %i pixels', async (width) => {
    await page.setViewportSize({ width, height: 900 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    const beyond = (): Promise<number> =>
      page.locator('.map').evaluate((map) => {
        const cells = [...map.querySelectorAll('.cell')].map((cell) => cell.getBoundingClientRect().right);
        return Math.max(...cells) - map.getBoundingClientRect().right;
      });
    await expect.poll(beyond).toBeLessThanOrEqual(1);
    const tooWide = await page
      .locator('table, .plot, .tools, .readout, .figures, .type-bar')
      .evaluateAll((all) =>
        all
          .filter(
            (one) => one.getBoundingClientRect().right > (one.parentElement?.getBoundingClientRect().right ?? 0) + 1,
          )
          .map((one) => `${one.tagName} ${one.getAttribute('aria-label') ?? one.className}`),
      );
    expect(tooWide).toEqual([]);
  });

  it('says that a dump is damaged', async () => {
    const damaged = await open(write('damaged.html', await htmlOf(shop, { damage: 'the input ends after 300 bytes' })));
    expect(await damaged.getByRole('alert').innerText()).toContain('the input ends after 300 bytes');
    await damaged.context().close();
  });

  it('is not at a loss without keys', async () => {
    const empty = await open(write('empty.html', await htmlOf(new RdbBuilder().finish())));
    expect(await empty.getByRole('heading', { level: 2 }).allInnerTexts()).toEqual([
      'Worth a look',
      'Hash slots',
      'These figures',
    ]);
    await empty.context().close();
  });

  it('lets nothing else run or load', async () => {
    const guarded = await browser.newPage();
    await guarded.goto(url);
    await guarded.locator('#about').waitFor();
    const violations = await guarded.evaluate(async () => {
      const blocked: string[] = [];
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) =>
        blocked.push(effectiveDirective),
      );
      const script = document.createElement('script');
      script.textContent = 'window.hasRun = true';
      document.body.append(script);
      await fetch('http://127.0.0.1:9/').catch(() => {});
      await new Promise((resolve) => {
        setTimeout(resolve, 50);
      });
      return [...blocked.sort(), String('hasRun' in window)];
    });
    await guarded.close();
    expect(violations).toEqual(['connect-src', 'script-src-elem', 'false']);
  });
});

/** Looks at every text of the page and at the colours of types. Runs in the browser: it uses nothing from outside. */
function contrasts(): { ground: string; texts: number; tooFaint: string[]; faintTypes: string[] } {
  const canvas = document.createElement('canvas');
  canvas.width = 1;
  canvas.height = 1;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('no canvas');
  type Rgb = readonly [number, number, number];
  /** Colours one above the other, the lowest first. */
  const mixed = (colors: readonly string[]): Rgb => {
    for (const color of colors) {
      context.fillStyle = color;
      context.fillRect(0, 0, 1, 1);
    }
    const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
    return [red, green, blue];
  };
  const luminance = (color: Rgb): number => {
    const [red = 0, green = 0, blue = 0] = color.map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (a: Rgb, b: Rgb): number => {
    const [light, dark] = [Math.max(luminance(a), luminance(b)), Math.min(luminance(a), luminance(b))];
    return (light + 0.05) / (dark + 0.05);
  };
  const groundsOf = (element: Element): string[] => {
    const grounds: string[] = [];
    for (let at: Element | null = element; at !== null; at = at.parentElement) {
      grounds.unshift(getComputedStyle(at).backgroundColor);
    }
    return grounds;
  };
  const tooFaint = new Set<string>();
  let texts = 0;
  for (const element of document.body.querySelectorAll('*')) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim() !== '');
    if (!hasText || element.tagName === 'SCRIPT' || element.tagName === 'NOSCRIPT') continue;
    texts++;
    const grounds = groundsOf(element);
    const ground = mixed(grounds);
    const ink = mixed([...grounds, getComputedStyle(element).color]);
    if (contrast(ink, ground) < 4.5) tooFaint.add(`${element.tagName} .${element.className} ${contrast(ink, ground)}`);
  }
  const page = mixed(groundsOf(document.body));
  const faintTypes = [...document.querySelectorAll('.type > i')]
    .filter((mark) => contrast(mixed([getComputedStyle(mark).backgroundColor]), page) < 3)
    .map((mark) => mark.parentElement?.className ?? '');
  return { ground: luminance(page) < 0.5 ? 'dark' : 'light', texts, tooFaint: [...tooFaint], faintTypes };
}
