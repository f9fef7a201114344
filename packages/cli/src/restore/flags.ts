/**
 * The command line of rdbkit restore.
 *
 * @module
 */
import type { FlagParametersForType } from '@stricli/core';
import type { CliContext } from '../app/program.ts';
import type { GeneralFlags } from '../flags/general-flags.ts';
import type { InputFlags } from '../flags/input-flags.ts';
import type { LogFlags } from '../flags/log-flags.ts';
import { parseCount, parsePositive, parsePositiveSize } from '../flags/parsers.ts';
import type { SelectionFlags, ShapingFlags } from '../flags/selection-flags.ts';
import { parseDuration } from '../lang/units.ts';

/** What happens to keys, and what is written down. */
export interface WorkFlags {
  readonly existing: 'replace' | 'skip' | 'fail';
  readonly plan: boolean;
  readonly journal: string | undefined;
  readonly resume: boolean;
  readonly report: string | undefined;
  readonly 'no-restore': boolean;
}

/** How fast, how patient. */
export interface PaceFlags {
  readonly connections: number | undefined;
  readonly 'window-bytes': number | undefined;
  readonly 'window-commands': number | undefined;
  readonly 'max-ops': number | undefined;
  readonly 'max-rate': number | undefined;
  readonly 'retry-for': number | undefined;
  readonly 'wait-replicas': number | 'auto';
  readonly 'metrics-port': number | undefined;
  readonly 'metrics-host': string;
}

/** How the target is reached. */
export interface AccessFlags {
  readonly user: string | undefined;
  readonly 'password-file': string | undefined;
  readonly askpass: boolean;
  readonly cacert: string | undefined;
  readonly cert: string | undefined;
  readonly 'tls-key': string | undefined;
  readonly sni: string | undefined;
  readonly insecure: boolean;
  readonly nat: readonly string[] | undefined;
}

/** All flags of the command. */
export interface RestoreFlags
  extends WorkFlags,
    PaceFlags,
    AccessFlags,
    InputFlags,
    LogFlags,
    SelectionFlags,
    ShapingFlags,
    GeneralFlags {}

/** Parameters of {@link WorkFlags}. */
export const workFlags: FlagParametersForType<WorkFlags, CliContext> = {
  existing: {
    kind: 'enum',
    values: ['replace', 'skip', 'fail'],
    default: 'fail',
    placeholder: 'HOW',
    brief:
      'Keys that the target has: fail leaves and reports them (default, exit 4), skip leaves them, replace replaces',
  },
  plan: {
    kind: 'boolean',
    default: false,
    withNegated: false,
    brief: 'Ask the target what it can do, say what would be done, write nothing',
  },
  journal: {
    kind: 'parsed',
    parse: String,
    optional: true,
    placeholder: 'FILE',
    brief: 'Note in FILE what is restored, to go on from after any end',
  },
  resume: {
    kind: 'boolean',
    default: false,
    withNegated: false,
    brief: 'Go on from the journal',
  },
  report: {
    kind: 'parsed',
    parse: String,
    optional: true,
    placeholder: 'FILE',
    brief: 'Write one JSON line to FILE for each key that is not restored, or changed',
  },
  'no-restore': {
    kind: 'boolean',
    default: false,
    withNegated: false,
    brief: 'Write ordinary commands only, even where the target takes RESTORE',
  },
};

/** Parameters of {@link PaceFlags}. */
export const paceFlags: FlagParametersForType<PaceFlags, CliContext> = {
  connections: {
    kind: 'parsed',
    parse: parsePositive,
    optional: true,
    placeholder: 'N',
    brief: 'Connections to each node (default: 1)',
  },
  'window-bytes': {
    kind: 'parsed',
    parse: parsePositiveSize,
    optional: true,
    placeholder: 'SIZE',
    brief: 'Most bytes that are sent and not safe yet (default: 8mb)',
  },
  'window-commands': {
    kind: 'parsed',
    parse: parsePositive,
    optional: true,
    placeholder: 'N',
    brief: 'Most commands that are sent and not safe yet (default: 65536)',
  },
  'max-ops': {
    kind: 'parsed',
    parse: parseOps,
    optional: true,
    placeholder: 'N/s',
    brief: 'No more commands a second than this',
  },
  'max-rate': {
    kind: 'parsed',
    parse: parseRate,
    optional: true,
    placeholder: 'SIZE/s',
    brief: 'No more bytes a second than this, such as 10mb',
  },
  'retry-for': {
    kind: 'parsed',
    parse: parseDuration,
    optional: true,
    placeholder: 'DURATION',
    brief: 'How long a sick target is waited for (default: 5m)',
  },
  'wait-replicas': {
    kind: 'parsed',
    parse: parseReplicas,
    default: 'auto',
    placeholder: 'N',
    brief: 'Replicas that must have a key before it counts as safe (default: auto, all that are online)',
  },
  'metrics-port': {
    kind: 'parsed',
    parse: parsePort,
    optional: true,
    placeholder: 'PORT',
    brief: 'Answer Prometheus at http://127.0.0.1:PORT/metrics meanwhile',
  },
  'metrics-host': {
    kind: 'parsed',
    parse: String,
    default: '127.0.0.1',
    placeholder: 'HOST',
    brief: 'Listen for Prometheus there (default: 127.0.0.1)',
  },
};

/** Parameters of {@link AccessFlags}. */
export const accessFlags: FlagParametersForType<AccessFlags, CliContext> = {
  user: { kind: 'parsed', parse: String, optional: true, placeholder: 'NAME', brief: 'Log in as this user' },
  'password-file': {
    kind: 'parsed',
    parse: String,
    optional: true,
    placeholder: 'FILE',
    brief: 'The password is the first line of FILE (or in RDBKIT_PASSWORD, REDISCLI_AUTH)',
  },
  askpass: { kind: 'boolean', default: false, withNegated: false, brief: 'Ask for the password on the terminal' },
  cacert: {
    kind: 'parsed',
    parse: String,
    optional: true,
    placeholder: 'FILE',
    brief: "Who signed the server's certificate (PEM); for rediss:// addresses",
  },
  cert: { kind: 'parsed', parse: String, optional: true, placeholder: 'FILE', brief: 'Our own certificate (PEM)' },
  'tls-key': {
    kind: 'parsed',
    parse: String,
    optional: true,
    placeholder: 'FILE',
    brief: 'Its private key (PEM); --key FILE with --cert does as well',
  },
  sni: {
    kind: 'parsed',
    parse: String,
    optional: true,
    placeholder: 'NAME',
    brief: 'The name in the certificate, where it is not the host that is dialled',
  },
  insecure: { kind: 'boolean', default: false, withNegated: false, brief: 'Accept any certificate' },
  nat: {
    kind: 'parsed',
    parse: String,
    optional: true,
    variadic: true,
    placeholder: 'HOST:PORT=HOST:PORT',
    brief: 'Reach an announced address elsewhere: port-forwards, containers; may be repeated',
  },
};

const PER_SECOND = /\/s$/;

function parseOps(text: string): number {
  return parseCount(text.replace(PER_SECOND, ''), 1);
}

function parseRate(text: string): number {
  return parsePositiveSize(text.replace(PER_SECOND, ''));
}

function parseReplicas(text: string): number | 'auto' {
  return text === 'auto' ? text : parseCount(text);
}

function parsePort(text: string): number {
  const port = parseCount(text);
  if (port > 65_535) throw new RangeError(`expected a port from 0 to 65535, got ${text}`);
  return port;
}
