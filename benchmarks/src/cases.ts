/** Every case. */
import { AOF_CASES } from './aof-cases.ts';
import { BYTES_CASES } from './bytes-cases.ts';
import type { Case } from './case.ts';
import { COMMANDS_CASES } from './commands-cases.ts';
import { INSPECT_CASES } from './inspect-cases.ts';
import { PROGRAM_CASES } from './program-cases.ts';
import { RDB_CASES } from './rdb-cases.ts';
import { RESP_CASES } from './resp-cases.ts';
import { SERVER_CASES } from './server-cases.ts';

export const CASES: readonly Case[] = [
  ...BYTES_CASES,
  ...RESP_CASES,
  ...RDB_CASES,
  ...AOF_CASES,
  ...COMMANDS_CASES,
  ...INSPECT_CASES,
  ...PROGRAM_CASES,
  ...SERVER_CASES,
];

/** A case with the dump it runs on. */
export interface Job {
  /** For instance `rdb/logical mixed`; just the case's name when it makes its own data. */
  readonly name: string;
  readonly case_: Case;
  readonly dataset: string | null;
}

/** All jobs, or those whose name one of the expressions finds. */
export function selectJobs(expressions: readonly RegExp[]): Job[] {
  return CASES.flatMap((case_): Job[] =>
    case_.datasets.length === 0
      ? [{ name: case_.name, case_, dataset: null }]
      : case_.datasets.map((dataset) => ({ name: `${case_.name} ${dataset}`, case_, dataset })),
  ).filter(({ name }) => expressions.length === 0 || expressions.some((expression) => expression.test(name)));
}
