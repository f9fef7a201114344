import type { Note, NoteCode } from '@rdbkit/commands';
import { describe, expect, it } from 'vitest';
import { NoteLog } from './note-log.ts';

function note(code: NoteCode, message: string, key: number | null): Note {
  return { code, level: 'loss', db: 0, key: key === null ? null : Uint8Array.of(key), message };
}

describe('NoteLog', () => {
  it('groups notes that say the same and names the first keys', () => {
    const log = new NoteLog();
    for (let i = 0; i < 30; i++) log.add(note('TYPE_NOT_SUPPORTED', 'no streams', i));
    log.add(note('TYPE_NOT_SUPPORTED', 'no arrays', 1));
    log.add(note('EXPIRY_CUT', 'cut', 2));
    log.add({ ...note('MODULE_NEEDED', 'needed', null), level: 'info' });
    const [streams, arrays] = log.list('not written');
    expect(streams).toMatchObject({ message: 'no streams', count: 30 });
    expect(streams?.samples.map(({ key }) => key[0])).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(arrays).toMatchObject({ message: 'no arrays', count: 1 });
    expect(log.list('changed')).toMatchObject([{ code: 'EXPIRY_CUT', count: 1 }]);
    expect(log.list('note')).toMatchObject([{ code: 'MODULE_NEEDED', samples: [] }]);
    expect(log.hasUnwritten).toBe(true);
  });

  it('counts what differs only in numbers as one', () => {
    const log = new NoteLog();
    for (const fields of [1, 1, 2]) log.add(note('FIELD_EXPIRY_LOST', `${fields} fields of m2 lose it`, 1));
    log.add(note('FIELD_EXPIRY_LOST', '1 fields of m3 lose it', 1));
    expect(log.list('changed')).toMatchObject([
      { count: 3, message: 'N fields of m2 lose it' },
      { count: 1, message: '1 fields of m3 lose it' },
    ]);
  });

  it('stays small however many different things there are to say', () => {
    const log = new NoteLog();
    for (let i = 0; i < 1000; i++) log.add(note('FIELD_EXPIRY_LOST', `of module m${i}`, 1));
    const groups = log.list('changed');
    expect(groups.length).toBeLessThanOrEqual(101);
    expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(1000);
    expect(log.hasUnwritten).toBe(false);
  });
});
