import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CASES, everyJob } from '../cases.ts';
import { GROUPS } from '../contests.ts';
import type { Recording, Result } from '../results.ts';
import { RIVALS } from '../rivals.ts';
import { barChart } from './bar-chart.ts';
import { goalsOf } from './goals.ts';
import { plotsOf } from './plots.ts';
import { fillPage, renderBlock } from './tables.ts';

const root = new URL('../../../', import.meta.url);

function read(name: string): string {
  return readFileSync(new URL(name, root), 'utf8');
}

const recording = JSON.parse(read('benchmarks/results/page.json')) as Recording;

describe('documents agree with the recording', () => {
  test.each(['docs/benchmarks.md', 'README.md'])('%s', (name) => {
    const page = read(name);
    expect(page).toMatch(/<!-- benchmarks: /);
    expect(fillPage(page, recording), 'run node benchmarks/dist/report.js').toBe(page);
  });

  test('the plots', () => {
    const plots = plotsOf(recording);
    expect(readdirSync(new URL('docs/benchmarks/', root)).sort()).toEqual([...plots.keys()].sort());
    for (const [name, svg] of plots) expect(read(`docs/benchmarks/${name}`), name).toBe(svg);
  });

  test('the page shows every plot that there is', () => {
    const shown = [...read('docs/benchmarks.md').matchAll(/\]\(benchmarks\/([\w-]+\.svg)\)/g)].map(([, name]) => name);
    expect(new Set(shown)).toEqual(new Set(plotsOf(recording).keys()));
  });
});

test('every job that is compared exists', () => {
  const names = new Set(everyJob().map(({ name }) => name));
  expect(GROUPS.flatMap(({ jobs }) => jobs).filter((name) => !names.has(name))).toEqual([]);
});

test('no two cases share a name', () => {
  const names = CASES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

test('the README says how to get every rival', () => {
  const readme = read('benchmarks/README.md');
  for (const { variable } of Object.values(RIVALS)) expect(readme).toContain(`\`${variable}\``);
});

test('recordings that documents name are there', () => {
  for (const [, file = ''] of read('docs/benchmarks.md').matchAll(/(benchmarks\/results\/[\w.-]+)/g))
    expect(existsSync(new URL(file, root)), file).toBe(true);
});

const node = 'v20.19.0';

function result(group: string, name: string, seconds: number, by: string | null): Result {
  return {
    group,
    name,
    node: by,
    bytes: 1024 * 1024,
    medianSeconds: seconds,
    minSeconds: seconds - 0.1,
    maxSeconds: seconds + 0.1,
    medianCpuSeconds: seconds,
    medianTargetCpuSeconds: null,
    mibPerSecond: 1,
    peakRssMib: 50,
    runs: [{ seconds, cpuSeconds: seconds }],
  };
}

const small: Recording = {
  machine: 'a machine',
  date: '2026-01-31',
  loadBefore: 0,
  scale: 1,
  versions: { rdbkit: '0.1.0', Node: node, RedisShake: 'unknown' },
  results: [result('plain', 'rdb2resp/plain mixed', 1, node), result('plain', 'rival/librdb-plain mixed', 2.5, null)],
  absent: [{ group: 'plain', name: 'rival/rct-resp mixed', node: null, reason: 'rct is not on PATH' }],
};

describe('a recording becomes', () => {
  test('tables with times relative to ours, and what is absent', () => {
    expect(renderBlock(small, 'plain')).toBe(
      [
        '| Program | Time | From … to | Times ours | CPU | Memory |',
        '| --- | ---: | ---: | ---: | ---: | ---: |',
        '| **rdb2resp, Node 20** | 1.00 s | 0.90 s … 1.10 s | 1.00 | 1.00 s | 50 MiB |',
        '| librdb `rdb-cli resp` (C) | 2.50 s | 2.40 s … 2.60 s | 2.50 | 2.50 s | 50 MiB |',
        '',
        'redis-rdb-cli `rct -f resp` (Java): not measured, rct is not on PATH.',
      ].join('\n'),
    );
  });

  test('goals, of which those are told that were measured', () => {
    expect(goalsOf(small)).toEqual([
      {
        what: 'plain commands, against librdb',
        goal: 'at least 2 times as fast',
        measured: '2.50 times',
        isReached: true,
      },
    ]);
  });

  test('a line on machine and versions', () => {
    expect(renderBlock(small, 'machine')).toBe(
      'a machine; 2026-01-31; load before: 0. rdbkit 0.1.0, Node 20.19.0, RedisShake (tells no version).',
    );
  });

  test('charts for light and dark pages', () => {
    const svg = barChart('<title>', [
      { label: 'with `code`', isOurs: true, failure: null, result: result('plain', 'x', 1, node) },
      { label: 'nothing', isOurs: false, failure: 'absent', result: null },
    ]);
    expect(svg).toContain('@media (prefers-color-scheme: dark)');
    expect(svg).toContain('with <tspan class="code">code</tspan>');
    expect(svg).toContain('&lt;title&gt;');
    expect(svg).not.toContain('nothing');
  });
});

test('a block that is not known is an error', () => {
  expect(() => fillPage('<!-- benchmarks: nonsense -->\n\n<!-- end -->', small)).toThrow(/no contest nonsense/);
});
