/** What stands in a dump outside of keys, or behind them. */
import { encodeBulks, encodeHead } from '@rdbkit/resp';
import type { Session } from './session.ts';

const FUNCTION_LOAD = encodeHead(3, 'FUNCTION', 'LOAD');
const FUNCTION_LOAD_REPLACE = encodeHead(4, 'FUNCTION', 'LOAD', 'REPLACE');
const SCRIPT_LOAD = encodeHead(3, 'SCRIPT', 'LOAD');
const PEXPIREMEMBERAT = encodeHead(4, 'PEXPIREMEMBERAT');
const HPEXPIREAT = encodeHead(6, 'HPEXPIREAT');
const ONE_FIELD = encodeBulks('FIELDS', '1');

export class Extras {
  private readonly s: Session;

  constructor(session: Session) {
    this.s = session;
  }

  script(code: Uint8Array): void {
    const { s } = this;
    if (!s.caps.milliseconds) {
      s.noteOnce('SCRIPT_LOST', 'cached scripts are lost, the target has no SCRIPT LOAD');
      return;
    }
    s.out.beginWith(SCRIPT_LOAD);
    s.out.bulk(code, 0, code.length);
    s.counts.scripts++;
    s.commit();
  }

  /** KeyDB puts the expiry of members behind the key they belong to. */
  memberExpiry(member: Uint8Array, recorded: number): void {
    const { s } = this;
    const { out } = s;
    if (s.way === null || s.kind === 'string' || !Number.isSafeInteger(recorded)) return;
    const expireAtMs = s.shapeExpiry(recorded);
    if (expireAtMs === null) return;
    const isKept = s.options.existing === 'keep';
    if (!isKept && s.caps.fieldExpiry === 'pexpirememberat') {
      s.select();
      out.beginWith(PEXPIREMEMBERAT);
      s.key();
      out.bulk(member, 0, member.length);
      out.bulkInteger(expireAtMs);
    } else if (!isKept && s.caps.fieldExpiry === 'hpexpireat' && s.kind === 'hash') {
      s.select();
      out.beginWith(HPEXPIREAT);
      s.key();
      s.positiveTime(expireAtMs);
      out.raw(ONE_FIELD);
      out.bulk(member, 0, member.length);
    } else {
      s.note(
        'MEMBER_EXPIRY_LOST',
        'a member loses its expiry, which the target cannot hold or which would touch an existing key',
      );
      return;
    }
    s.commit();
  }

  /** `FT.CREATE`, or `FT.SYNUPDATE`, with its arguments as Dragonfly keeps them: one text. */
  searchIndex(command: string, text: Uint8Array): void {
    const line = `${command} ${latin1(text)}`;
    this.s.noteOnce('SEARCH_INDEX_LOST', `a search index is not written; this makes it again: ${line}`, line);
  }

  functionLibrary(code: Uint8Array): void {
    const { s } = this;
    if (!s.caps.functions) {
      s.noteOnce('FUNCTION_LOST', 'function libraries are lost, the target has no functions', latin1(code));
      return;
    }
    const isKept = s.options.existing === 'keep';
    if (isKept)
      s.noteOnce('FUNCTION_ANSWERS', 'FUNCTION LOAD answers an error for each library that the target has already');
    s.out.beginWith(isKept ? FUNCTION_LOAD : FUNCTION_LOAD_REPLACE);
    s.out.bulk(code, 0, code.length);
    s.counts.functions++;
    s.commit();
  }

  functionPreGa(name: Uint8Array): void {
    this.s.noteOnce(
      'FUNCTION_PRE_GA',
      `function library ${latin1(name)} is lost: its layout is one of the 7.0 release candidates, which no server reads`,
      latin1(name),
    );
  }

  moduleAux(name: string): void {
    this.s.noteOnce('MODULE_AUX_LOST', `data of module ${name} outside of keys is lost: no command takes it`, name);
  }
}

/** Bytes as text, each byte a character. */
export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
