import { expect, it } from 'vitest';
import { readRawValue } from './dump-payload.ts';
import { RdbFormatError } from './errors.ts';
import { readRdbSync } from './read.ts';
import { type KeyHeader, type Level, RdbVisitorBase } from './visitor.ts';

/** A hash whose listpack has an element with a wrong back-length, behind another key. */
const damaged = Uint8Array.from([
  ...new TextEncoder().encode('REDIS0010'),
  0xfe,
  0x00,
  0x00,
  0x01,
  0x61,
  0x01,
  0x78,
  0x10,
  0x01,
  0x68,
  0x0c,
  0x0c,
  0,
  0,
  0,
  0x02,
  0,
  0x81,
  0x66,
  0x02,
  0x01,
  0x05,
  0xff,
]);

class Logical extends RdbVisitorBase {
  override key(): Level {
    return 'logical';
  }
}

/** Takes values raw and decodes them by itself. */
class RawThenLogical extends RdbVisitorBase {
  private typeCode = 0;
  override key(header: KeyHeader): Level {
    this.typeCode = header.typeCode;
    return 'raw';
  }
  override raw(bytes: Uint8Array, start: number, end: number): void {
    readRawValue(this.typeCode, 'redis', bytes, start, end, this, 'logical');
  }
}

function errorOf(visitor: RdbVisitorBase): RdbFormatError {
  try {
    readRdbSync(damaged, visitor);
  } catch (error) {
    if (error instanceof RdbFormatError) return error;
    throw error;
  }
  throw new Error('no error');
}

it('an error in a raw value that the visitor decodes has the offset and the path that it would have had in the file', () => {
  const direct = errorOf(new Logical());
  expect(direct.offset).toBe(damaged.length - 2);
  const nested = errorOf(new RawThenLogical());
  expect(nested.code).toBe('RDB_BAD_LISTPACK');
  expect(nested.offset).toBe(direct.offset);
  expect(nested.path).toEqual({ db: 0, key: new TextEncoder().encode('h'), element: null });
});
