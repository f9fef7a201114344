/** From what was asked for and what the target can do to how it is done. */
import { capabilitiesOf } from '@rdbkit/commands';
import { DEFAULT_RETRY_FOR_MS } from '../../patience.ts';
import type { Probe, ProbedCommand } from '../../probe.ts';
import type { RestoreOptions } from '../../restore-options.ts';
import type { Topology } from '../../topology.ts';
import type { SetForm } from './compose.ts';
import type { Settings } from './settings.ts';

const MIB = 1024 * 1024;
const DEFAULT_WINDOW_BYTES = 8 * MIB;
const DEFAULT_WINDOW_COMMANDS = 65_536;
/** Up to here a value goes by one `RESTORE`. */
const DEFAULT_RAW_BYTES = 32 * MIB;
/** Keys in one `EXISTS`, where it takes several. */
const KEYS_PER_CHECK = 128;
/** Elements in one command. */
const DEFAULT_BATCH = 512;

/** First Redis whose `EXISTS` counts several keys, and some later ones to be safe. */
const VARIADIC_EXISTS = 3_002_000;

export function settingsFor(topology: Topology, probe: Probe, options: RestoreOptions): Settings {
  const caps = capabilitiesOf(options.target ?? probe.target);
  const existing = options.existing ?? 'fail';
  const can = (command: ProbedCommand): boolean => {
    const state = probe.commands[command];
    return state === 'usable' || state === 'unknown';
  };
  const isCluster = topology.kind === 'cluster';
  const setForm: SetForm = existing === 'replace' ? 'replace' : caps.setOptions ? 'nx' : 'setnx';
  return {
    existing,
    target: caps.target,
    form: options.form !== 'plain' && caps.payloadVersion > 0 && can('restore') ? 'cheapest' : 'plain',
    build: can('rename') ? 'aside' : 'in place',
    setForm,
    canGroup: !isCluster && can('mset'),
    canSelect: can('select') && (!isCluster || (probe.databases ?? 1) > 1),
    canTransact: can('multi'),
    databases: probe.databases,
    db: topology.endpoint.db === 0 ? null : topology.endpoint.db,
    keysPerCheck: isCluster || caps.target.version < VARIADIC_EXISTS ? 1 : KEYS_PER_CHECK,
    connections: positive('connections', options.connections ?? 1),
    windowBytes: positive('windowBytes', options.windowBytes ?? DEFAULT_WINDOW_BYTES),
    windowCommands: positive('windowCommands', options.windowCommands ?? DEFAULT_WINDOW_COMMANDS),
    retryForMs: options.retryForMs ?? DEFAULT_RETRY_FOR_MS,
    waitReplicas: options.waitReplicas ?? 'auto',
    maxOps: options.maxOps ?? Number.POSITIVE_INFINITY,
    maxBytesPerSecond: options.maxBytesPerSecond ?? Number.POSITIVE_INFINITY,
    shape: options.shape,
    emitting: {
      target: caps.target,
      existing: existing === 'replace' ? 'replace' : 'keep',
      build: can('rename') ? 'aside' : 'in place',
      batch: options.batch ?? DEFAULT_BATCH,
      maxCommandBytes: options.maxCommandBytes,
      acceptSize: options.acceptSize,
      now: options.now ?? Date.now(),
      expired: options.expired,
      stripTtl: options.stripTtl,
      shiftTtlMs: options.shiftTtlMs,
      onWarning: options.onWarning,
    },
    rdb: { rawBytes: DEFAULT_RAW_BYTES, ...options.rdb },
    acceptsFunctions: options.functions ?? true,
  };
}

function positive(name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RangeError(`${name} must be a positive integer, got ${value}`);
  return value;
}

/** Databases of the target that have keys; `null` when a node does not say. */
export function occupiedDatabases(probe: Probe): number[] | null {
  const occupied = new Set<number>();
  for (const { state } of probe.nodes) {
    if (state.keys === null) return null;
    for (const [db, count] of state.keys) if (count > 0) occupied.add(db);
  }
  return [...occupied];
}
