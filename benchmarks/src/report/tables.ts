/** The tables of docs/benchmarks.md, by the names that its markers have. */
import { CONTESTS, GROWTHS, growthGroup, KINDS, LAYERS } from '../contests.ts';
import { DATASETS } from '../data/datasets.ts';
import type { Recording } from '../results.ts';
import { asSeconds, entriesOf, find, findFirst, majorOf, nodesOf } from './find.ts';
import { goalsOf } from './goals.ts';

const NOT_MEASURED = '–';
const KIB = 1024;
const MIB = KIB * KIB;
/** Start-up is too large a part of what small dumps take. */
const TOO_SMALL = 'Not measured with dumps of their full size yet.';

/** The first columns are text, the others numbers. */
function table(headings: readonly string[], rows: readonly (readonly string[])[], textColumns = 1): string {
  const rule = headings.map((_, i) => (i < textColumns ? '---' : '---:'));
  return [headings, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function asSize(bytes: number): string {
  if (bytes >= MIB) return `${Math.round(bytes / MIB)} MiB`;
  return `${(bytes / KIB).toFixed(bytes < 10 * KIB ? 1 : 0)} KiB`;
}

/** What a contest came to; `ours` is the first line. */
function contestTable(recording: Recording, name: string): string {
  const contest = CONTESTS.find((each) => each.name === name);
  if (contest === undefined) throw new RangeError(`no contest ${name}`);
  const entries = entriesOf(recording, contest);
  const ours = entries[0]?.result?.medianSeconds ?? null;
  const hasTarget = entries.some(({ result }) => (result?.medianTargetCpuSeconds ?? null) !== null);
  const notes = entries.flatMap(({ label, result, failure }) =>
    failure === null
      ? []
      : [`${label}: ${result === null ? 'not measured' : `${result.runs.length} runs only`}, ${failure}.`],
  );
  const rows = entries.flatMap(({ label, isOurs, result }) => {
    if (result === null) return [];
    const { medianSeconds, minSeconds, maxSeconds, medianCpuSeconds, medianTargetCpuSeconds, peakRssMib } = result;
    const cells = [
      isOurs ? `**${label}**` : label,
      asSeconds(medianSeconds),
      `${asSeconds(minSeconds)} … ${asSeconds(maxSeconds)}`,
      ours === null ? NOT_MEASURED : `${(medianSeconds / ours).toFixed(2)}`,
      medianCpuSeconds === null ? NOT_MEASURED : asSeconds(medianCpuSeconds),
    ];
    if (hasTarget) cells.push(medianTargetCpuSeconds === null ? NOT_MEASURED : asSeconds(medianTargetCpuSeconds));
    return [[...cells, peakRssMib === null ? NOT_MEASURED : `${peakRssMib} MiB`]];
  });
  const headings = [
    'Program',
    'Time',
    'From … to',
    'Times ours',
    'CPU',
    ...(hasTarget ? ["Servers' CPU"] : []),
    'Memory',
  ];
  return [table(headings, rows), ...notes.map((note) => `\n${note}`)].join('\n');
}

function kindsTable(recording: Recording): string {
  const columns = KINDS[0]?.entries ?? [];
  const rows = KINDS.map(({ name, dataset }) => {
    const results = columns.map(([case_]) => findFirst(recording, name, `${case_} ${dataset}`));
    const bytes = results.find((result) => result !== null)?.bytes;
    return [
      name,
      bytes === undefined ? NOT_MEASURED : asSize(bytes),
      ...results.map((result) => (result === null ? NOT_MEASURED : asSeconds(result.medianSeconds))),
    ];
  });
  const old = KINDS.flatMap(({ name, dataset, entries }) =>
    entries.slice(columns.length).flatMap(([case_, label]) => {
      const result = findFirst(recording, name, `${case_} ${dataset}`);
      return result === null ? [] : [`\n${label} on ${name}: ${asSeconds(result.medianSeconds)}.`];
    }),
  );
  return [table(['Dump', 'Size', ...columns.map(([, label]) => label)], rows), ...old].join('\n');
}

function layersTable(recording: Recording): string {
  const nodes = nodesOf(recording);
  const rows = LAYERS.map(([job, label]) => {
    const speeds = nodes.map((node) => find(recording, 'layers', job, node)?.mibPerSecond);
    return [label, `\`${job}\``, ...speeds.map((speed) => (speed === undefined ? NOT_MEASURED : `${speed}`))];
  });
  return table(['What', 'Case', ...nodes.map((node) => `MiB/s, Node ${majorOf(node)}`)], rows, 2);
}

function growthTable(recording: Recording): string {
  const rows = GROWTHS.flatMap((growth) => {
    const group = growthGroup(growth).name;
    const small = findFirst(recording, group, `${growth.case_} ${growth.small}`);
    const large = findFirst(recording, group, `${growth.case_} ${growth.large}`);
    if (small === null || large === null) return [];
    const cells = [
      `${growth.label}: \`${growth.small}\`, \`${growth.large}\``,
      `${(large.bytes / small.bytes).toFixed(1)}`,
      `${(large.medianSeconds / small.medianSeconds).toFixed(1)}`,
      `${asSeconds(small.medianSeconds)}, ${asSeconds(large.medianSeconds)}`,
      `${small.peakRssMib ?? NOT_MEASURED} MiB, ${large.peakRssMib ?? NOT_MEASURED} MiB`,
    ];
    return [cells];
  });
  return table(['Case and dumps', 'Times the bytes', 'Times the time', 'Time', 'Memory'], rows);
}

function dumpsTable(recording: Recording): string {
  const rows = DATASETS.map(({ name, description }) => {
    const bytes = recording.results.find((result) => result.name.endsWith(` ${name}`))?.bytes;
    return [`\`${name}\`: ${description}`, bytes === undefined ? NOT_MEASURED : asSize(bytes)];
  });
  return table(['Dump', 'Size'], rows);
}

function goalsTable(recording: Recording): string {
  if (recording.scale < 1) return TOO_SMALL;
  const rows = goalsOf(recording).map(({ what, goal, measured, isReached }) => [
    what,
    goal,
    measured,
    isReached ? 'yes' : '**no**',
  ]);
  return table(['What', 'Goal', 'Measured', 'Reached'], rows, 4);
}

/** What the README quotes. */
function readmeTable(recording: Recording): string {
  if (recording.scale < 1) return TOO_SMALL;
  const rows: string[][] = [];
  for (const [name, count] of [
    ['plain', 2],
    ['restore', 2],
    ['json', 3],
    ['scan', Number.POSITIVE_INFINITY],
  ] as const) {
    const contest = CONTESTS.find((each) => each.name === name);
    for (const [case_, label] of contest?.entries.slice(0, count) ?? []) {
      const result = findFirst(recording, name, `${case_} mixed`);
      if (result === null) continue;
      const { medianSeconds, medianCpuSeconds, peakRssMib } = result;
      rows.push([
        case_.startsWith('rival/') ? label : `**${label}**`,
        asSeconds(medianSeconds),
        medianCpuSeconds === null ? NOT_MEASURED : asSeconds(medianCpuSeconds),
        peakRssMib === null ? NOT_MEASURED : `${peakRssMib} MiB`,
      ]);
    }
  }
  return table(['Program', 'Time', 'CPU', 'Memory'], rows);
}

function machineLine(recording: Recording): string {
  const { machine, date, loadBefore, scale, versions } = recording;
  const programs = Object.entries(versions).map(([name, version]) =>
    version === 'unknown' ? `${name} (tells no version)` : `${name} ${version.replaceAll('v', '')}`,
  );
  const size = scale === 1 ? '' : ` **Dumps are of ${scale} times their full size: preliminary.**`;
  return `${machine}; ${date}; load before: ${loadBefore}.${size} ${programs.join(', ')}.`;
}

/** What a marker stands for. @throws RangeError for a name that there is not. */
export function renderBlock(recording: Recording, name: string): string {
  switch (name) {
    case 'machine':
      return machineLine(recording);
    case 'goals':
      return goalsTable(recording);
    case 'kinds':
      return kindsTable(recording);
    case 'layers':
      return layersTable(recording);
    case 'growth':
      return growthTable(recording);
    case 'dumps':
      return dumpsTable(recording);
    case 'readme':
      return readmeTable(recording);
    default:
      return contestTable(recording, name);
  }
}

const BLOCK = /(<!-- benchmarks: ([\w-]+) -->\n)[\s\S]*?(<!-- end -->)/g;

/** The page with its blocks as the recording has them. */
export function fillPage(page: string, recording: Recording): string {
  return page.replace(
    BLOCK,
    (_, start: string, name: string, end: string) => `${start}${renderBlock(recording, name)}\n${end}`,
  );
}
