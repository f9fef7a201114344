/**
 * How far the work is, on stderr.
 *
 * @module
 */
import type { Host } from '../app/host.ts';
import type { Colors } from '../app/messages.ts';
import { formatCount, humanDuration, humanSize } from '../lang/units.ts';

/** When to show what. */
export type ProgressMode = 'auto' | 'bar' | 'plain' | 'none';

/** Something that shows how far the work is. Callers never ask whether anything is shown. */
export interface Progress {
  /**
   * Tells the state; may be called as often as one likes.
   *
   * @param trouble - What is being waited for, if anything: shown instead of how long it will take.
   */
  update(bytes: number, keys: number, trouble?: string): void;
  /** Takes the display off the screen, so that something else can be printed; the next update brings it back. */
  clear(): void;
}

const SILENT: Progress = {
  update() {},
  clear() {},
};

/**
 * Chooses a display, once.
 *
 * @param totalBytes - `null` when nobody knows it.
 * @param dataOnTerminal - The data itself goes to the terminal, where a bar would be in its way.
 */
export function createProgress(
  mode: ProgressMode,
  host: Host,
  colors: Colors,
  totalBytes: number | null,
  dataOnTerminal: boolean,
): Progress {
  const isBar =
    mode === 'bar' || (mode === 'auto' && host.stderr.isTerminal && !dataOnTerminal && host.env.TERM !== 'dumb');
  if (isBar) return new ProgressBar(host, colors, totalBytes);
  return mode === 'plain' ? new ProgressLines(host, totalBytes) : SILENT;
}

/** Rates and remaining time, smoothed: the last seconds count most. */
class Pace {
  readonly startedAt: number;
  bytesPerSecond = 0;
  private readonly total: number | null;
  private lastAt: number;
  private lastBytes = 0;

  constructor(now: number, total: number | null) {
    this.startedAt = now;
    this.lastAt = now;
    this.total = total;
  }

  sample(now: number, bytes: number): void {
    const seconds = (now - this.lastAt) / 1000;
    if (seconds <= 0) return;
    const rate = (bytes - this.lastBytes) / seconds;
    const weight = this.bytesPerSecond === 0 ? 1 : 1 - Math.exp(-seconds / SMOOTHING_SECONDS);
    this.bytesPerSecond += (rate - this.bytesPerSecond) * weight;
    this.lastAt = now;
    this.lastBytes = bytes;
  }

  /** Between 0 and 1; `null` when nobody knows. */
  share(bytes: number): number | null {
    return this.total === null || this.total === 0 ? null : Math.min(1, bytes / this.total);
  }

  /** `126 MiB of 294 MiB, 430,012 keys, 89.0 MiB/s, 2.1 s left`, in parts. */
  parts(bytes: number, keys: number, now: number, trouble = ''): string[] {
    const { total } = this;
    const size = total === null ? humanSize(bytes) : `${humanSize(bytes)} of ${humanSize(total)}`;
    const parts = [size, `${formatCount(keys)} keys`, `${humanSize(Math.round(this.bytesPerSecond))}/s`];
    if (trouble !== '') {
      parts.splice(2, 1, trouble);
    } else if (total !== null && this.bytesPerSecond > 0) {
      parts.push(`${humanDuration((Math.max(0, total - bytes) / this.bytesPerSecond) * 1000)} left`);
    } else {
      parts.push(humanDuration(now - this.startedAt));
    }
    return parts;
  }
}

const SMOOTHING_SECONDS = 3;
const REDRAW_MS = 100;
const LINE_EVERY_MS = 5000;
const LONGEST_BAR = 30;
const SHORTEST_BAR = 8;

const CLEAR_LINE = '\r\x1b[K';

/** One line of a terminal that is drawn over and over. */
class ProgressBar implements Progress {
  private readonly host: Host;
  private readonly colors: Colors;
  private readonly pace: Pace;
  private readonly full: string;
  private readonly empty: string;
  private drawnAt: number;
  private visible = false;

  constructor(host: Host, colors: Colors, totalBytes: number | null) {
    this.host = host;
    this.colors = colors;
    this.drawnAt = host.now();
    this.pace = new Pace(this.drawnAt, totalBytes);
    const locale = host.env.LC_ALL || host.env.LC_CTYPE || host.env.LANG || '';
    [this.full, this.empty] = /utf-?8/i.test(locale) ? ['━', '─'] : ['#', '-'];
  }

  update(bytes: number, keys: number, trouble?: string): void {
    const now = this.host.now();
    if (now - this.drawnAt < REDRAW_MS) return;
    this.drawnAt = now;
    this.pace.sample(now, bytes);
    this.host.stderr.write(CLEAR_LINE + this.render(bytes, keys, now, trouble));
    this.visible = true;
  }

  clear(): void {
    if (this.visible) this.host.stderr.write(CLEAR_LINE);
    this.visible = false;
  }

  /** Must fit into the line, or the terminal would begin a new one; parts are left out from the end until it does. */
  private render(bytes: number, keys: number, now: number, trouble?: string): string {
    const room = this.host.stderr.columns() - 1;
    const share = this.pace.share(bytes);
    const percent = share === null ? '' : `${String(Math.floor(share * 100)).padStart(3)} % `;
    const parts = this.pace.parts(bytes, keys, now, trouble);
    while (parts.length > 1 && percent.length + parts.join(', ').length > room) parts.pop();
    const text = `${percent}${parts.join(', ')}`;
    const barRoom = Math.min(LONGEST_BAR, room - text.length - 1);
    if (share === null || barRoom < SHORTEST_BAR) return text.slice(0, Math.max(0, room));
    const filled = Math.round(share * barRoom);
    const bar = this.colors.cyan(this.full.repeat(filled)) + this.colors.dim(this.empty.repeat(barRoom - filled));
    return `${percent}${bar} ${parts.join(', ')}`;
  }
}

/** A line every few seconds, for logs. */
class ProgressLines implements Progress {
  private readonly host: Host;
  private readonly pace: Pace;
  private writtenAt: number;

  constructor(host: Host, totalBytes: number | null) {
    this.host = host;
    this.writtenAt = host.now();
    this.pace = new Pace(this.writtenAt, totalBytes);
  }

  update(bytes: number, keys: number, trouble?: string): void {
    const now = this.host.now();
    if (now - this.writtenAt < LINE_EVERY_MS) return;
    this.writtenAt = now;
    this.pace.sample(now, bytes);
    const share = this.pace.share(bytes);
    const percent = share === null ? '' : `${Math.floor(share * 100)} %, `;
    this.host.stderr.write(
      `${new Date(now).toISOString()} ${percent}${this.pace.parts(bytes, keys, now, trouble).join(', ')}\n`,
    );
  }

  clear(): void {}
}
