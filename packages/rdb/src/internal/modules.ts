/**
 * Module values and auxiliary data: a 64-bit module ID, then a stream of (opcode, payload) that ends with opcode 0
 * (`rdb.c`, Redis ≥ 4.0). It can be passed over without knowing the module.
 */
import type { Decoding, Rule } from './decoding.ts';
import { skipString } from './skip.ts';

const EOF = 0;
const SINT = 1;
const UINT = 2;
const FLOAT = 3;
const DOUBLE = 4;
const STRING = 5;

const EMPTY = new Uint8Array(0);

const NAME_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const NAME_LENGTH = 9;

/** The nine characters of a module type's name: the upper 54 bits of its ID, 6 bits each. */
export function moduleName(hi: number, lo: number): string {
  let id = ((BigInt(hi) << 32n) | BigInt(lo)) >> 10n;
  let name = '';
  for (let i = 0; i < NAME_LENGTH; i++) {
    name = NAME_CHARACTERS[Number(id & 63n)] + name;
    id >>= 6n;
  }
  return name;
}

/** The length form of a module's ID that files have: 81 and 8 bytes, big-endian. */
export function moduleIdBytes(name: string, encodingVersion: number): Uint8Array {
  let id = 0n;
  for (const character of name) id = (id << 6n) | BigInt(NAME_CHARACTERS.indexOf(character));
  const bytes = new Uint8Array(9);
  bytes[0] = 0x81;
  new DataView(bytes.buffer).setBigUint64(1, (id << 10n) | BigInt(encodingVersion));
  return bytes;
}

/** The encoding version of a module's data: the lower 10 bits of its ID. */
export function moduleEncodingVersion(lo: number): number {
  return lo & 1023;
}

/** Passes over the opcodes after a module ID. */
export function* skipModuleOpcodes(d: Decoding): Rule {
  const { input } = d;
  for (;;) {
    const at = input.offset;
    let opcode = input.readLength();
    while (opcode < 0) {
      yield;
      opcode = input.readLength();
    }
    switch (opcode) {
      case EOF:
        return;
      case SINT:
      case UINT:
        while (!input.readLength64()) yield;
        break;
      case FLOAT:
        while (input.end - input.pos < 4) yield;
        input.pos += 4;
        break;
      case DOUBLE:
        while (input.end - input.pos < 8) yield;
        input.pos += 8;
        break;
      case STRING:
        if (!input.skipString()) yield* skipString(d);
        break;
      default:
        throw d.bad('RDB_BAD_MODULE', `unknown opcode ${opcode} in module data`, at);
    }
  }
}

/** Type 7, without delivering it. */
export function* skipModule(d: Decoding): Rule {
  while (!d.input.readLength64()) yield;
  yield* skipModuleOpcodes(d);
}

/** Type 7. */
export function* moduleValue(d: Decoding): Rule {
  const { input, visitor } = d;
  if (input.sized) {
    const start = input.offset;
    while (!input.readLength64()) yield;
    const { hi, lo } = input;
    yield* skipModuleOpcodes(d);
    visitor.module(moduleName(hi, lo), moduleEncodingVersion(lo), EMPTY, 0, input.offset - start);
    return;
  }
  const marked = input.mark >= 0;
  if (!marked) input.mark = input.pos;
  const from = input.offset;
  while (!input.readLength64()) yield;
  const name = moduleName(input.hi, input.lo);
  const version = moduleEncodingVersion(input.lo);
  const rest = skipModuleOpcodes(d);
  while (rest.next().done !== true) {
    if (input.offset + input.available - from > d.options.maxStringBytes) throw d.tooLong(`a value of module ${name}`);
    yield;
  }
  if (input.offset - from > d.options.maxStringBytes) throw d.tooLong(`a value of module ${name}`);
  visitor.module(name, version, input.bytes, from - input.base, input.pos);
  if (!marked) input.mark = -1;
}
