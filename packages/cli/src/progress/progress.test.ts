import { describe, expect, it } from 'vitest';
import type { Host } from '../app/host.ts';
import { colorsFor } from '../app/messages.ts';
import { createProgress, type ProgressMode } from './progress.ts';

interface Setting {
  readonly mode?: ProgressMode;
  readonly isTerminal?: boolean;
  readonly columns?: number;
  readonly total?: number | null;
  readonly env?: Record<string, string>;
  readonly dataOnTerminal?: boolean;
}

/** What is shown for these states, of which each comes a second after the one before. */
function shown(setting: Setting, ...states: [bytes: number, keys: number][]): string[] {
  const {
    mode = 'auto',
    isTerminal = true,
    columns = 100,
    total = 1000 * 1024,
    env = {},
    dataOnTerminal = false,
  } = setting;
  let now = 1_700_000_000_000;
  const written: string[] = [];
  const stderr = { isTerminal, columns: () => columns, write: (text: string) => void written.push(text) };
  const host = { now: () => now, env, stderr } as unknown as Host;
  const progress = createProgress(mode, host, colorsFor(stderr, env, 'never'), total, dataOnTerminal);
  for (const [bytes, keys] of states) {
    progress.update(bytes, keys);
    now += 1000;
    progress.update(bytes, keys);
  }
  progress.clear();
  progress.clear();
  return written;
}

describe('progress', () => {
  it('draws a bar with bytes, keys, rate and what is left', () => {
    expect(shown({ env: { LANG: 'C' } }, [500 * 1024, 1234])).toEqual([
      '\r\x1b[K 50 % ###############--------------- 500 KiB of 1000 KiB, 1,234 keys, 500 KiB/s, 1.00 s left'.replace(
        '1000 KiB',
        '0.98 MiB',
      ),
      '\r\x1b[K',
    ]);
    expect(shown({ env: { LANG: 'de_DE.UTF-8' } }, [1000 * 1024, 9])[0]).toContain('━'.repeat(30));
  });

  it('never fills the line', () => {
    for (let columns = 5; columns < 120; columns++) {
      for (const line of shown({ columns }, [500 * 1024, 123_456_789])) expect(line.length - 4).toBeLessThan(columns);
    }
  });

  it('goes without a total', () => {
    expect(shown({ total: null }, [5 * 1024, 10])[0]).toBe('\r\x1b[K5.00 KiB, 10 keys, 5.00 KiB/s, 1.00 s');
  });

  it('is silent when nobody sees it', () => {
    expect(shown({ isTerminal: false }, [1, 1])).toEqual([]);
    expect(shown({ dataOnTerminal: true }, [1, 1])).toEqual([]);
    expect(shown({ env: { TERM: 'dumb' } }, [1, 1])).toEqual([]);
    expect(shown({ mode: 'none' }, [1, 1])).toEqual([]);
    expect(shown({ mode: 'bar', isTerminal: false }, [1, 1])).not.toEqual([]);
  });

  it('writes a line every five seconds', () => {
    const states = Array.from({ length: 12 }, (_, i) => [(i + 1) * 50 * 1024, i] as [number, number]);
    expect(shown({ mode: 'plain', isTerminal: false }, ...states)).toEqual([
      '2023-11-14T22:13:25.000Z 25 %, 250 KiB of 0.98 MiB, 4 keys, 50.0 KiB/s, 15.0 s left\n',
      '2023-11-14T22:13:30.000Z 50 %, 500 KiB of 0.98 MiB, 9 keys, 50.0 KiB/s, 10.0 s left\n',
    ]);
  });
});
