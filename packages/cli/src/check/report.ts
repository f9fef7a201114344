/**
 * What rdbkit check prints: for reading, or as JSON.
 *
 * @module
 */
import type { DataError } from '@rdbkit/bytes';
import type { Colors } from '../app/messages.ts';
import { jsonBytes } from '../lang/json-bytes.ts';
import { printable } from '../lang/printable.ts';
import { countOf, formatCount, formatTime, humanSize } from '../lang/units.ts';
import type { Remark } from '../reading/warning-printer.ts';
import type { CheckedFile, Findings } from './findings.ts';

const NAME_WIDTH = 60;
const KEY_WIDTH = 70;
/** Remarks that are printed. */
const SHOWN_REMARKS = 10;

const VERDICTS: Readonly<Record<Findings['verdict'], string>> = {
  sound: 'is sound',
  cut: 'is cut off at its end',
  damaged: 'is damaged',
};

/** The report for reading, in lines. */
export function reportLines(source: string, findings: Findings, colors: Colors): string[] {
  const { verdict, files, cut } = findings;
  const paint = verdict === 'sound' ? colors.green : verdict === 'cut' ? colors.yellow : colors.red;
  const isCutOff = files.some(({ error }) => error?.code === 'RDB_TRUNCATED');
  const lines = [`${colors.bold(source)} ${paint(isCutOff ? 'is incomplete' : VERDICTS[verdict])}`];
  for (const file of files) lines.push(...fileLines(file, colors));
  if (cut !== null) {
    lines.push(`  ${cut.message}`);
    lines.push(
      `  a server leaves out the last ${countOf(cut.droppedBytes, 'byte')} and starts (aof-load-truncated yes)`,
    );
  }
  if (verdict !== 'sound') lines.push(`  ${goodUpTo(findings)}`);
  const { remarks, moreRemarks, unknownCommands } = findings;
  for (const remark of remarks.slice(0, SHOWN_REMARKS)) lines.push(`  ${colors.yellow('note:')} ${remarkText(remark)}`);
  const more = Math.max(0, remarks.length - SHOWN_REMARKS) + moreRemarks;
  if (more > 0) lines.push(`  and ${countOf(more, 'more note')}`);
  if (unknownCommands.length > 0)
    lines.push(
      `  ${colors.yellow('note:')} no known server has ${unknownCommands.join(', ')}: one that lacks a command does not load the log`,
    );
  return lines;
}

function fileLines(file: CheckedFile, colors: Colors): string[] {
  const name = file.name === null ? '' : `${printable(file.name, NAME_WIDTH)}: `;
  const lines = [`  ${name}${[humanSize(file.bytes), ...file.content].join(', ')}`];
  if (file.error !== null) lines.push(...errorLines(file.error, colors));
  return lines;
}

function errorLines({ message, code, offset, path }: DataError, colors: Colors): string[] {
  const lines = [`  ${colors.red('damage:')} ${message}`, `    at byte ${formatCount(offset)} [${code}]`];
  const db = path.db === null ? '' : ` of database ${path.db}`;
  const element = path.element === null ? '' : `, ${path.element}`;
  if (path.key !== null) lines.push(`    in the key ${printable(path.key, KEY_WIDTH)}${db}${element}`);
  return lines;
}

/** Where the good part ends: in the first file that is not good as a whole. */
function goodUpTo({ files, keys, commands }: Findings): string {
  const { byte, name, timestamp } = goodEnd(files);
  const of = name === null ? '' : ` of ${printable(name, NAME_WIDTH)}`;
  const time = timestamp === null ? '' : `, ${formatTime(timestamp)}`;
  const items = [keys > 0 ? countOf(keys, 'key') : '', commands > 0 ? countOf(commands, 'command') : ''];
  const read = items.filter((text) => text !== '').join(' and ');
  return `good up to byte ${formatCount(byte)}${of}${time}${read === '' ? '' : ` (${read})`}`;
}

function goodEnd(files: readonly CheckedFile[]): { byte: number; name: Uint8Array | null; timestamp: number | null } {
  const at = files.findIndex(({ error, bytes, goodBytes }) => error !== null || goodBytes < bytes);
  const upTo = files.slice(0, at < 0 ? files.length : at + 1);
  const last = upTo.at(-1);
  const timestamp = upTo.findLast(({ lastTimestamp }) => lastTimestamp !== null)?.lastTimestamp ?? null;
  return { byte: last?.goodBytes ?? 0, name: last?.name ?? null, timestamp };
}

function remarkText({ message, code, offset, db, key, file }: Remark): string {
  const place = file === null || file === undefined ? '' : ` of ${printable(file, NAME_WIDTH)}`;
  const where = key === null || key === undefined ? '' : `, in the key ${printable(key, KEY_WIDTH)} of database ${db}`;
  return `${message} (at byte ${formatCount(offset)}${place}${where}) [${code}]`;
}

/** The report for JSON. */
export function reportJson(source: string, findings: Findings): Record<string, unknown> {
  const { verdict, files, cut, remarks, moreRemarks, keys, commands, unknownCommands } = findings;
  const good = goodEnd(files);
  return {
    source,
    verdict,
    files: files.map(({ name, bytes, goodBytes, facts, error }) => ({
      name: name === null ? null : jsonBytes(name),
      bytes,
      goodBytes,
      ...facts,
      error: error === null ? null : errorJson(error),
    })),
    cut,
    goodUpTo: { file: good.name === null ? null : jsonBytes(good.name), byte: good.byte, timestamp: good.timestamp },
    keys,
    commands,
    notes: remarks.map(({ code, message, offset, db, key, file }) => ({
      code,
      message,
      offset,
      file: file === null || file === undefined ? null : jsonBytes(file),
      ...(key === null || key === undefined ? {} : { db, key: jsonBytes(key) }),
    })),
    moreNotes: moreRemarks,
    unknownCommands,
  };
}

function errorJson({ code, message, offset, path }: DataError): Record<string, unknown> {
  return {
    code,
    message,
    offset,
    db: path.db,
    key: path.key === null ? null : jsonBytes(path.key),
    element: path.element,
  };
}
