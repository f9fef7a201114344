/**
 * What rdbkit inspect prints for reading.
 *
 * @module
 */
import { formatTarget, type Target } from '@rdbkit/commands';
import type {
  Advice,
  HistogramBar,
  InspectionReport,
  KeySums,
  LargeKey,
  LogBar,
  MemoryProfile,
  PrefixNode,
} from '@rdbkit/inspect';
import { compareBytes } from '@rdbkit/inspect';
import type { Colors } from '../app/messages.ts';
import { printable, printableText, textWidth } from '../lang/printable.ts';
import { bar, type Cell, type Column, type Row, sparkline, tableLines } from '../lang/table.ts';
import { countOf, formatCount, humanDuration, humanSize, shareCell, sizeCell } from '../lang/units.ts';
import { unreadWords } from '../reading/dump-source.ts';
import { leftOutLines } from '../reading/left-out.ts';
import type { Findings } from './json.ts';

/** What it is printed on. */
export interface Sheet {
  readonly columns: number;
  readonly colors: Colors;
  /** Bars may be drawn. */
  readonly isUnicode: boolean;
}

const WIDEST = 140;
const NARROWEST = 40;
const INDENT = '  ';
const LABEL = 14;
const BAR = 12;
const SHOWN_FUNCTIONS = 12;
const SHOWN_SLOTS = 5;
/** Below this, what a server needs for itself hides what its keys need. */
const LEAST_COMPARED = 16 * 1024 * 1024;

/** The page, with a line end. */
export function pageLines(findings: Findings, sheet: Sheet): string {
  return `${new Page(findings, sheet).lines().join('\n')}\n`;
}

class Page {
  private readonly findings: Findings;
  private readonly report: InspectionReport;
  private readonly colors: Colors;
  private readonly isUnicode: boolean;
  /** Columns of a line without its indentation. */
  private readonly width: number;

  constructor(findings: Findings, { columns, colors, isUnicode }: Sheet) {
    this.findings = findings;
    this.report = findings.report;
    this.colors = colors;
    this.isUnicode = isUnicode;
    this.width = Math.max(NARROWEST, Math.min(columns, WIDEST)) - INDENT.length;
  }

  lines(): string[] {
    const { report } = this;
    const sections: [title: string, lines: string[]][] = [
      ['', this.file()],
      ['Overview', this.overview()],
      ['Databases', report.databases.length > 1 ? this.databases() : []],
      ['Types', this.types()],
      ['Expiry', this.expiry()],
      ['Sizes in memory', this.sizes()],
      ['Largest keys', this.largestKeys()],
      ['Longest elements', this.longestElements()],
      ['Heaviest prefixes', this.prefixes()],
      ['Time since last use', this.idle()],
      ['Frequency of use (LFU counter)', this.frequency()],
      ['Hash slots', this.slots()],
      ['Stream groups', this.groups()],
      ['Modules', this.modules()],
      ['Functions', this.functions()],
      ['Worth a look', this.advice()],
    ];
    return sections
      .filter(([, lines]) => lines.length > 0)
      .flatMap(([title, lines], i) => [
        ...(i > 0 ? [''] : []),
        ...(title === '' ? [] : [this.colors.bold(title)]),
        ...lines.map((line) => (title === '' ? line : (INDENT + line).trimEnd())),
      ]);
  }

  // ---- the file ------------------------------------------------------------------------------------------------------

  private file(): string[] {
    const { end } = this.findings;
    const { file } = this.report;
    const facts: string[] = end.source.base === null ? [] : ['the base of an append-only log'];
    if (file.writer !== null) facts.push(printableText(file.writer, 40));
    if (end.header !== null)
      facts.push(`${end.header.dialect === 'valkey' ? 'VALKEY' : 'REDIS'} RDB ${end.header.version}`);
    if (file.bits !== null && file.bits !== 64) facts.push(`${file.bits} bits`);
    const bytes = end.summary?.bytes ?? end.source.input.position;
    facts.push(humanSize(bytes));
    if (file.createdAtMs !== null) facts.push(`made ${moment(file.createdAtMs)}`);
    facts.push(checksumWords(end.checksum));
    const name = this.colors.bold(printableText(end.source.name, this.width));
    return [name, ...this.flow(facts)];
  }

  /** Facts with dots between them, over as many lines as they need. */
  private flow(facts: readonly string[]): string[] {
    const dot = this.isUnicode ? ' · ' : ', ';
    const lines: string[] = [];
    let line = '';
    for (const fact of facts) {
      if (line !== '' && textWidth(line) + dot.length + textWidth(fact) > this.width) {
        lines.push(line);
        line = fact;
      } else {
        line = line === '' ? fact : line + dot + fact;
      }
    }
    return [...lines, line].map((text) => INDENT + this.colors.dim(text));
  }

  private overview(): string[] {
    const { total, databases, otherDatabases, tables, file, hasModel, profile, emptyKeys } = this.report;
    const { end, selection, isWhole } = this.findings;
    const lines: string[] = [];
    const add = (label: string, text: string): void => void lines.push(...this.labelled(label, text));
    const counted = countOf(databases.length, 'database');
    const several = otherDatabases === null ? counted : `more than ${counted}`;
    const dbs = databases.length === 1 ? `database ${databases[0]?.db}` : several;
    add('Keys', total.keys === 0 ? 'none' : `${formatCount(total.keys)} in ${dbs}`);
    if (end.damage !== null) add('', this.colors.red('the dump is damaged: this is what could be read of it'));
    else if (end.isCutShort) add('', this.colors.yellow('reading stopped at the limit: this is a part of the dump'));
    if (end.unread !== null) add('', this.colors.yellow(unreadWords(end.unread)));
    for (const line of leftOutLines(selection, 0)) add('', this.colors.dim(line));
    if (total.keys === 0) return lines;
    add('In the dump', humanSize(total.bytes));
    if (hasModel && profile !== null) {
      add('In memory', `${humanSize(Math.round(total.memory + tables))} on ${modelWords(profile)}, estimated`);
      const { usedMemory } = file;
      if (usedMemory !== null) {
        const share =
          isWhole && profile.isOwn && usedMemory >= LEAST_COMPARED
            ? `; the estimate is ${Math.round(((total.memory + tables) / usedMemory) * 100)} % of that`
            : '';
        add('', this.colors.dim(`when it saved, the server used ${humanSize(usedMemory)}${share}`));
      }
    } else if (profile !== null) {
      add('In memory', `not known for ${serverName(profile.target)}; figures below are sizes of data`);
    }
    const guessed = this.report.types.reduce((sum, type) => sum + type.guessed, 0);
    if (hasModel && guessed > 0) {
      add(
        '',
        this.colors.dim(`${countOf(guessed, 'key')} counted by the size of the data alone (modules and the like)`),
      );
    }
    if (emptyKeys > 0) add('Empty', `${countOf(emptyKeys, 'key')} without elements, not counted`);
    return lines;
  }

  private labelled(label: string, text: string): string[] {
    const room = this.width - LABEL;
    const [first = '', ...rest] = wrapWords(text, room);
    const margin = ' '.repeat(LABEL);
    return [this.colors.dim(label.padEnd(LABEL)) + first, ...rest.map((line) => margin + line)];
  }

  // ---- sums ----------------------------------------------------------------------------------------------------------

  private databases(): string[] {
    const { databases, otherDatabases, total } = this.report;
    const row = (title: string, sums: KeySums): Row => ({
      cells: [title, ...this.sumCells(sums, total)],
      paint: this.paintSums,
    });
    const rows = databases.map((sums) => row(`db ${sums.db}`, sums));
    if (otherDatabases !== null) rows.push(row('others', otherDatabases));
    return this.table([{ title: '', align: 'left' }, ...SUM_COLUMNS], rows);
  }

  private types(): string[] {
    const { types, total } = this.report;
    if (total.keys === 0) return [];
    const rows = types.flatMap((type): Row[] => {
      const [only] = type.encodings;
      const isOne = type.encodings.length === 1 && only !== undefined;
      const title = isOne && only.encoding !== type.type ? `${type.type}, ${only.encoding}` : type.type;
      const head: Row = { cells: [title, ...this.sumCells(type, total)], paint: this.paintSums };
      if (isOne) return [head];
      const parts = type.encodings.map(
        (sums): Row => ({
          cells: [`  ${sums.encoding}`, ...this.sumCells(sums, total, false)],
          paint: (text) => this.colors.dim(text),
        }),
      );
      return [head, ...parts];
    });
    const sum: Row[] =
      types.length > 1
        ? [{ cells: ['all', ...this.sumCells(total, total, false)], paint: (text) => this.colors.bold(text) }]
        : [];
    return this.table([{ title: '', align: 'left' }, ...SUM_COLUMNS], [...rows, ...sum]);
  }

  private sumCells(sums: KeySums, total: KeySums, hasBar = true): Cell[] {
    return [
      formatCount(sums.keys),
      sums.elements === sums.keys ? '' : formatCount(sums.elements),
      sizeCell(sums.bytes),
      sizeCell(sums.memory),
      shareCell(sums.memory, total.memory),
      hasBar ? bar(sums.memory / Math.max(1, total.memory), BAR, this.isUnicode) : '',
    ];
  }

  private readonly paintSums = (text: string, column: number): string =>
    column === BAR_COLUMN ? this.colors.cyan(text) : text;

  // ---- histograms ----------------------------------------------------------------------------------------------------

  private expiry(): string[] {
    const { expiry, total } = this.report;
    if (total.keys === 0) return [];
    const { expires } = total;
    if (expires === 0) return ['no key expires', ...this.fieldExpiry()];
    const names = (bar_: HistogramBar): string =>
      bar_.to === 0 ? 'over' : bar_.to === null ? `${span(bar_.from)} and more` : `less than ${span(bar_.to)}`;
    const rows = expiry.bars
      .filter(({ keys }) => keys > 0)
      .map((one) => this.barRow(names(one), one.keys, one.memory, total.keys));
    const never = this.barRow('never', total.keys - expires, total.memory - sum(expiry.bars, 'memory'), total.keys);
    const lines = this.table(BAR_COLUMNS, total.keys > expires ? [...rows, never] : rows);
    const since = expiry.isCreation
      ? 'counted from when the dump was made'
      : 'counted from now; the dump does not say when it was made';
    const now =
      expiry.isCreation && expiry.overByNow > 0 ? `; by now ${countOf(expiry.overByNow, 'key')} would be over` : '';
    return [...lines, ...this.note(since + now), ...this.fieldExpiry()];
  }

  private fieldExpiry(): string[] {
    const { hashFields } = this.report.expiry;
    return hashFields === 0
      ? []
      : this.note(`${countOf(hashFields, 'hash field')} ${hashFields === 1 ? 'expires' : 'expire'} by themselves`);
  }

  private idle(): string[] {
    const { idle, total } = this.report;
    if (idle === null) return [];
    return this.histogram(idle, total.keys, ({ from, to }) =>
      to === null ? `${span(from * 1000)} and more` : `less than ${span(to * 1000)}`,
    );
  }

  private frequency(): string[] {
    const { frequency, total } = this.report;
    if (frequency === null) return [];
    return this.histogram(frequency, total.keys, ({ from, to }) =>
      to === 1 ? '0' : to === null ? `${from} to 255` : `${from} to ${to - 1}`,
    );
  }

  private histogram(bars: readonly HistogramBar[], whole: number, name: (one: HistogramBar) => string): string[] {
    const rows = bars.filter(({ keys }) => keys > 0).map((one) => this.barRow(name(one), one.keys, one.memory, whole));
    return this.table(BAR_COLUMNS, rows);
  }

  private barRow(name: string, keys: number, memory: number, whole: number): Row {
    return {
      cells: [
        name,
        formatCount(keys),
        sizeCell(memory),
        shareCell(keys, whole),
        bar(keys / Math.max(1, whole), BAR, this.isUnicode),
      ],
      paint: (text, column) => (column === 4 ? this.colors.cyan(text) : text),
    };
  }

  private sizes(): string[] {
    const { sizes, total } = this.report;
    if (total.keys === 0) return [];
    const rows = sizes.map(({ type, memory }): Row => {
      const first = memory.findIndex(({ keys }) => keys > 0);
      const shown = memory.slice(first);
      return {
        cells: [
          type,
          sizeCell(shown[0]?.from ?? 0),
          sparkline(
            shown.map(({ keys }) => keys),
            this.isUnicode,
          ),
          sizeCell(shown.at(-1)?.to ?? 0),
          `half below ${sizeCell(medianOf(shown))}`,
        ],
        paint: (text, column) => (column === 2 ? this.colors.cyan(text) : column === 0 ? text : this.colors.dim(text)),
      };
    });
    const columns: Column[] = [
      { title: '', align: 'left' },
      { title: '', align: 'right' },
      { title: '', align: 'left' },
      { title: '', align: 'left' },
      { title: '', align: 'left', yields: 1 },
    ];
    return this.table(columns, rows);
  }

  // ---- keys ----------------------------------------------------------------------------------------------------------

  private largestKeys(): string[] {
    const keys = this.report.largest.byMemory;
    const isSingle = this.report.databases.length <= 1;
    const rows = keys.map(
      (key): Row => ({
        cells: [
          sizeCell(key.memory),
          sizeCell(key.bytes),
          key.type === 'string' ? '' : formatCount(key.elements),
          typeWords(key),
          key.expireAtMs === null ? '' : this.leftWords(key.expireAtMs),
          ...(isSingle ? [] : [`db ${key.db}`]),
          (width) => printable(key.key, width),
        ],
        paint: (text, column) => (column === 0 ? this.colors.bold(text) : column === 3 ? this.colors.dim(text) : text),
      }),
    );
    return this.table(
      [
        { title: 'memory', align: 'right' },
        { title: 'in dump', align: 'right', yields: 4 },
        { title: 'elements', align: 'right', yields: 2 },
        { title: 'type', align: 'left', yields: 1 },
        { title: keys.some(({ expireAtMs }) => expireAtMs !== null) ? 'expires' : '', align: 'right', yields: 5 },
        ...(isSingle ? [] : [{ title: '', align: 'left', yields: 3 } as const]),
        { title: 'key', align: 'left' },
      ],
      rows,
    );
  }

  private leftWords(expireAtMs: number): string {
    const left = expireAtMs - this.report.expiry.atMs;
    return left < 0 ? 'over' : span(left);
  }

  private longestElements(): string[] {
    const elements = this.report.largestElements;
    const rows = elements.map(
      ({ bytes, type, key, name }): Row => ({
        cells: [
          sizeCell(bytes),
          type,
          (width) => {
            if (name === null || name.length === 0) return printable(key, width);
            const half = Math.max(12, Math.floor((width - 4) / 2));
            const shownKey = printable(key, half);
            return `${shownKey} ${this.isUnicode ? '→' : '>'} ${printable(name, Math.max(8, width - textWidth(shownKey) - 3))}`;
          },
        ],
        paint: (text, column) => (column === 0 ? this.colors.bold(text) : column === 1 ? this.colors.dim(text) : text),
      }),
    );
    return this.table(
      [
        { title: 'length', align: 'right' },
        { title: 'type', align: 'left', yields: 1 },
        {
          title: elements.some(({ name }) => name !== null) ? `key ${this.isUnicode ? '→' : '>'} element` : 'key',
          align: 'left',
        },
      ],
      rows,
    );
  }

  /** In the order of the tree, so that a prefix stands below the shorter one that it begins with. */
  private prefixes(): string[] {
    const { prefixes, total } = this.report;
    if (prefixes === null || prefixes.heaviest.length === 0) return [];
    const nodes = treeOrder(prefixes.heaviest);
    const heaviest = prefixes.heaviest[0]?.memory ?? 0;
    const rows = nodes.map(
      ({ node, depth, from }): Row => ({
        cells: [
          sizeCell(node.memory),
          shareCell(node.memory, total.memory),
          formatCount(node.keys),
          shareCell(node.expires, node.keys),
          bar(node.memory / Math.max(1, heaviest), BAR, this.isUnicode),
          (width) => '  '.repeat(depth) + printable(node.prefix.subarray(from), width - 2 * depth),
        ],
        paint: (text, column) => (column === 0 ? this.colors.bold(text) : column === 4 ? this.colors.cyan(text) : text),
      }),
    );
    const lines = this.table(
      [
        { title: 'memory', align: 'right' },
        { title: '', align: 'right', yields: 1 },
        { title: 'keys', align: 'right', yields: 2 },
        { title: 'expire', align: 'right', yields: 3 },
        { title: '', align: 'left', yields: 4 },
        { title: 'prefix', align: 'left' },
      ],
      rows,
    );
    if (prefixes.isExact) return lines;
    const most = Math.max(...nodes.map(({ node }) => node.error.memory));
    return [
      ...lines,
      ...this.note(
        `there are more prefixes than are counted at a time: those above may have ${sizeCell(most)} more, any other has ${sizeCell(prefixes.limit.memory)} at most`,
      ),
    ];
  }

  // ---- the rest ------------------------------------------------------------------------------------------------------

  private slots(): string[] {
    const { slots } = this.report;
    if (slots === null || slots.used === 0) return [];
    const lines = this.labelled(
      'Spread',
      `${formatCount(slots.used)} of 16,384 slots have keys; the heaviest has ${slots.skew.toFixed(1)} times the average`,
    );
    lines.push(
      ...this.labelled(
        'Memory',
        `0 ${sparkline(
          slots.ranges.map(({ memory }) => memory),
          this.isUnicode,
        )} 16383`,
      ),
    );
    const rows = slots.heaviest.slice(0, SHOWN_SLOTS).map(
      ({ slot, keys, memory }): Row => ({
        cells: [String(slot), formatCount(keys), sizeCell(memory), shareCell(memory, this.report.total.memory)],
      }),
    );
    const columns: Column[] = [
      { title: 'slot', align: 'right' },
      { title: 'keys', align: 'right' },
      { title: 'memory', align: 'right' },
      { title: '', align: 'right' },
    ];
    return [...lines, ...this.table(columns, rows)];
  }

  private groups(): string[] {
    const { streams, expiry } = this.report;
    if (streams.groups === 0) return [];
    const rows = streams.largestGroups.map(
      (group): Row => ({
        cells: [
          formatCount(group.pending),
          group.oldestDeliveryMs === null ? '' : span(Math.max(0, expiry.atMs - group.oldestDeliveryMs)),
          group.lag === null ? '?' : formatCount(group.lag),
          formatCount(group.consumers),
          printable(group.group, 24),
          (width) => printable(group.key, width),
        ],
      }),
    );
    const lines = this.table(
      [
        { title: 'pending', align: 'right' },
        { title: 'oldest', align: 'right', yields: 3 },
        { title: 'lag', align: 'right', yields: 1 },
        { title: 'consumers', align: 'right', yields: 2 },
        { title: 'group', align: 'left' },
        { title: 'stream', align: 'left' },
      ],
      rows,
    );
    const { groups, consumers, pending } = streams;
    const all = `${countOf(groups, 'group')}, ${countOf(consumers, 'consumer')}, ${countOf(pending, 'pending entry', 'pending entries')}`;
    return groups > rows.length ? [...lines, ...this.note(`in all ${all}`)] : lines;
  }

  private modules(): string[] {
    const { modules, otherModules } = this.report;
    const others = otherModules === null ? [] : [{ name: 'others', ...otherModules }];
    const rows = [...modules, ...others].map(
      ({ name, keys, bytes, auxBytes }): Row => ({
        cells: [
          printableText(name, 20),
          formatCount(keys),
          sizeCell(bytes),
          auxBytes > 0 ? `and ${sizeCell(auxBytes)} outside of keys` : '',
        ],
      }),
    );
    if (rows.length === 0) return [];
    return this.table(
      [
        { title: 'type', align: 'left' },
        { title: 'keys', align: 'right' },
        { title: 'in dump', align: 'right' },
        { title: '', align: 'left', yields: 1 },
      ],
      rows,
    );
  }

  private functions(): string[] {
    const { functions, functionCount } = this.report;
    if (functions.length === 0) return [];
    const rows = functions.slice(0, SHOWN_FUNCTIONS).map(
      ({ name, engine, bytes }): Row => ({
        cells: [printableText(name, 40), printableText(engine, 12), sizeCell(bytes)],
      }),
    );
    const lines = this.table(
      [
        { title: 'library', align: 'left' },
        { title: 'engine', align: 'left' },
        { title: 'code', align: 'right' },
      ],
      rows,
    );
    const more = functionCount - SHOWN_FUNCTIONS;
    return more > 0 ? [...lines, ...this.note(`and ${formatCount(more)} more`)] : lines;
  }

  private advice(): string[] {
    return this.findings.advice.flatMap((one) => this.oneAdvice(one));
  }

  private oneAdvice({ title, text, key, prefix, memory }: Advice): string[] {
    const subject =
      key !== null ? printable(key.key, this.width - 2) : prefix !== null ? printable(prefix, this.width - 2) : null;
    const mark = this.isUnicode ? '•' : '*';
    const size = memory === null ? '' : ` (${sizeCell(memory)})`;
    return [
      ...wrapWords(title + size, this.width - 2).map(
        (line, i) => `${i === 0 ? this.colors.yellow(mark) : ' '} ${this.colors.bold(line)}`,
      ),
      ...(subject === null ? [] : [`  ${subject}`]),
      ...wrapWords(text, this.width - 2).map((line) => `  ${this.colors.dim(line)}`),
    ];
  }

  private table(columns: readonly Column[], rows: readonly Row[]): string[] {
    return rows.length === 0 ? [] : tableLines(columns, rows, this.width, (text) => this.colors.dim(text));
  }

  private note(text: string): string[] {
    return wrapWords(text, this.width).map((line) => this.colors.dim(line));
  }
}

const SUM_COLUMNS: readonly Column[] = [
  { title: 'keys', align: 'right' },
  { title: 'elements', align: 'right', yields: 4 },
  { title: 'in dump', align: 'right', yields: 2 },
  { title: 'memory', align: 'right' },
  { title: '', align: 'right', yields: 1 },
  { title: '', align: 'left', yields: 3 },
];
const BAR_COLUMN = 6;

const BAR_COLUMNS: readonly Column[] = [
  { title: '', align: 'left' },
  { title: 'keys', align: 'right' },
  { title: 'memory', align: 'right', yields: 1 },
  { title: '', align: 'right' },
  { title: '', align: 'left', yields: 2 },
];

function modelWords({ target, allocator }: MemoryProfile): string {
  return allocator === 'jemalloc-q8' ? serverName(target) : `${serverName(target)} with ${allocator}`;
}

/** `Redis 7.0.15`. */
function serverName(target: Target): string {
  const name = formatTarget(target);
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

/** What became of the checksum. */
export function checksumWords(checksum: string | null): string {
  switch (checksum) {
    case 'ok':
      return 'checksum ok';
    case 'disabled':
      return 'no checksum (disabled by the server)';
    case 'absent':
      return 'no checksum in this version';
    case 'unverified':
      return 'checksum not verified';
    default:
      return 'checksum not reached';
  }
}

function typeWords({ type, encoding, isGuess }: LargeKey): string {
  const words = encoding === type || type === 'module' ? type : `${type}, ${encoding}`;
  return isGuess ? `${words} ~` : words;
}

/** `2023-11-14 22:13:20 UTC`. */
function moment(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime())
    ? 'at an impossible time'
    : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** A duration in one unit or two, none too small to matter: `3 d`, `5 h`, `12.0 s`. */
function span(ms: number): string {
  const day = 86_400_000;
  if (ms >= 365 * day) return `${trim(ms / (365 * day))} y`;
  if (ms >= day) return `${trim(ms / day)} d`;
  if (ms >= 3_600_000) return `${trim(ms / 3_600_000)} h`;
  if (ms >= 60_000) return `${trim(ms / 60_000)} min`;
  return humanDuration(ms);
}

function trim(value: number): string {
  return value >= 10 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(1);
}

function sum(bars: readonly HistogramBar[], name: 'keys' | 'memory'): number {
  return bars.reduce((total, one) => total + one[name], 0);
}

/** The upper end of the bar that the middle key is in. */
function medianOf(bars: readonly LogBar[]): number {
  const half = bars.reduce((total, { keys }) => total + keys, 0) / 2;
  let below = 0;
  for (const { keys, to } of bars) {
    below += keys;
    if (below >= half) return to;
  }
  return 0;
}

/** Prefixes in the order of their names, with how deep each stands below others, and where its own part begins. */
function treeOrder(nodes: readonly PrefixNode[]): { node: PrefixNode; depth: number; from: number }[] {
  const byMemory = new Map(nodes.map((node, i) => [node, i]));
  const parentOf = (node: PrefixNode): PrefixNode | null => {
    const shorter = nodes.filter((other) => other !== node && startsWith(node.prefix, other.prefix));
    return shorter.sort((a, b) => b.prefix.length - a.prefix.length)[0] ?? null;
  };
  const below = (parent: PrefixNode | null, depth: number): { node: PrefixNode; depth: number; from: number }[] =>
    nodes
      .filter((node) => parentOf(node) === parent)
      .sort((a, b) => (byMemory.get(a) ?? 0) - (byMemory.get(b) ?? 0) || compareBytes(a.prefix, b.prefix))
      .flatMap((node) => [{ node, depth, from: parent?.prefix.length ?? 0 }, ...below(node, depth + 1)]);
  return below(null, 0);
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.length < bytes.length && prefix.every((byte, i) => bytes[i] === byte);
}

function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
