/** Very many keys with very little in them. */
import { DECADE_MS, FAR_MS, STRING } from './codes.ts';
import { Random } from './random.ts';
import type { RdbFile } from './rdb-file.ts';
import { cut, textPool } from './text.ts';

export function writeTinyStrings(file: RdbFile, size: number): void {
  const random = new Random(2);
  const pool = textPool(random);
  file.selectDb(0, size, 0);
  for (let i = 0; i < size; i++) {
    file.u8(STRING);
    file.text(`k:${i}`);
    if (i % 3 === 0) file.integer(random.next() >> random.between(0, 30));
    else file.text(cut(random, pool, random.between(1, 16)));
  }
}

const DATABASES = 16;

export function writeManyKeys(file: RdbFile, size: number): void {
  const random = new Random(4);
  let next = 0;
  for (let db = 0; db < DATABASES; db++) {
    const keys = Math.floor((size * (db + 1)) / DATABASES) - next;
    file.selectDb(db, keys, Math.ceil(keys / 2));
    for (let i = 0; i < keys; i++, next++) {
      if (i % 2 === 0) file.expireAt(FAR_MS + (random.next() % DECADE_MS));
      file.u8(STRING);
      file.text(`counter:${random.between(1, 999)}:${next}`);
      file.integer(random.between(0, 100_000));
    }
  }
}
