/** KEY_META (Redis ≥ 8.6), after its opcode 243: `len` classes, (u32 class, module opcodes) * classes. */
import type { Decoding, Rule } from './decoding.ts';
import { skipModuleOpcodes } from './modules.ts';
import { length } from './primitives.ts';

const MAX_CLASSES = 7;

export function* skipKeyMeta(d: Decoding): Rule {
  const { input } = d;
  const at = input.offset;
  const classes = yield* length(d);
  if (classes < 1 || classes > MAX_CLASSES)
    throw d.bad('RDB_BAD_KEY_META', `metadata of ${classes} classes for one key`, at);
  for (let i = 0; i < classes; i++) {
    while (input.end - input.pos < 4) yield;
    input.pos += 4;
    yield* skipModuleOpcodes(d);
  }
}
