/**
 * Hashes that share their field names (Redis ≥ 8.10):
 *
 * ```
 * record 242: len id, len n, str field * n         fields ascending by (length, bytes)
 * 29, 31: len 0, str listpack of names  |  len 1, len n, str name * n
 *    29: str listpack: an integer to be ignored, then the values       31: str value * n
 * 30: str listpack: template id, then the values                       32: len template id, str value * n
 * ```
 */
import { RdbLimitError } from '../errors.ts';
import type { Decoding, Rule } from './decoding.ts';
import { PackedFault } from './packed-cursor.ts';
import { length } from './primitives.ts';
import { skipString } from './skip.ts';

const NAMES_IN_LISTPACK = 0;
const NAMES_PLAIN = 1;
/** An engine's map holds 2^24 at most. */
const MAX_TEMPLATES = 2 ** 23;

/** The record before the keys. */
export function* hashTemplate(d: Decoding): Rule {
  const id = yield* length(d);
  if (d.templates.size >= MAX_TEMPLATES)
    throw new RdbLimitError('RDB_LIMIT', `more than ${MAX_TEMPLATES} hash templates`, d.input.offset);
  if (d.templates.has(id)) throw d.bad('RDB_BAD_TEMPLATE', `hash template ${id} comes twice`);
  const names = yield* plainNames(d);
  d.templates.set(id, names);
}

function* plainNames(d: Decoding): Rule<Uint8Array[]> {
  const { input } = d;
  const count = yield* length(d);
  const names: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    while (!input.readString()) yield;
    names.push(input.sb.slice(input.ss, input.se));
  }
  checkNames(d, names);
  return names;
}

function checkNames(d: Decoding, names: readonly Uint8Array[]): void {
  if (names.length === 0) throw d.bad('RDB_BAD_TEMPLATE', 'a hash template without fields');
  for (let i = 1; i < names.length; i++) {
    if (compareNames(names[i - 1], names[i]) >= 0)
      throw d.bad('RDB_BAD_TEMPLATE', `field ${i} of a hash template does not follow the one before it`);
  }
}

function compareNames(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return a[i] - b[i];
  }
  return 0;
}

/** Types 29 to 32. */
export function* templateHash(d: Decoding, isReference: boolean, isListpack: boolean): Rule {
  const { input, visitor } = d;
  let names: readonly Uint8Array[] = [];
  if (!isReference) names = yield* ownNames(d);
  else if (!isListpack) names = template(d, yield* length(d));

  if (!isListpack) {
    visitor.hashStart(names.length);
    for (const name of names) {
      while (!input.readString()) yield;
      visitor.hashField(name, 0, name.length, input.sb, input.ss, input.se, null);
    }
    return;
  }
  while (!input.readString()) yield;
  const cursor = d.listpack;
  cursor.open(input.sb, input.ss, input.se);
  if (!cursor.next() || !cursor.isInteger || cursor.isWide || cursor.integer < 0) {
    throw new PackedFault(
      'RDB_BAD_TEMPLATE',
      'the values of a template hash do not begin with a template number',
      cursor.pos,
    );
  }
  if (isReference) names = template(d, cursor.integer);
  visitor.hashStart(names.length);
  for (const name of names) {
    if (!cursor.next())
      throw new PackedFault(
        'RDB_BAD_TEMPLATE',
        `a template hash of ${names.length} fields has ${cursor.passed - 1} values`,
        cursor.pos,
      );
    cursor.text();
    visitor.hashField(name, 0, name.length, cursor.tb, cursor.ts, cursor.te, null);
  }
  if (cursor.next())
    throw new PackedFault('RDB_BAD_TEMPLATE', `a template hash of ${names.length} fields has more values`, cursor.pos);
}

function template(d: Decoding, id: number): readonly Uint8Array[] {
  const names = d.templates.get(id);
  if (names === undefined) throw d.bad('RDB_BAD_TEMPLATE', `hash template ${id} was not defined`);
  return names;
}

/** The names inside a value of types 29 and 31. */
function* ownNames(d: Decoding): Rule<readonly Uint8Array[]> {
  const { input } = d;
  const format = yield* length(d);
  if (format === NAMES_PLAIN) return yield* plainNames(d);
  if (format !== NAMES_IN_LISTPACK) throw d.bad('RDB_BAD_TEMPLATE', `unknown format ${format} of template field names`);
  while (!input.readString()) yield;
  const cursor = d.listpack;
  cursor.open(input.sb, input.ss, input.se);
  const names: Uint8Array[] = [];
  while (cursor.next()) {
    cursor.text();
    names.push(cursor.tb.slice(cursor.ts, cursor.te));
  }
  checkNames(d, names);
  return names;
}

/** Types 29 to 32, passed over. */
export function* skipTemplateHash(d: Decoding, isReference: boolean, isListpack: boolean): Rule {
  const { input } = d;
  let fields = 0;
  if (!isReference) fields = (yield* ownNames(d)).length;
  else if (!isListpack) fields = template(d, yield* length(d)).length;
  const strings = isListpack ? 1 : fields;
  for (let i = 0; i < strings; i++) if (!input.skipString()) yield* skipString(d);
}
