/** Everything that was chosen, found out or left to its default, in one place. */
import type { EmitOptions, Target } from '@rdbkit/commands';
import type { RdbOptions } from '@rdbkit/rdb';
import type { RestoreOptions } from '../../restore-options.ts';
import type { SetForm } from './compose.ts';
import type { ExistingPolicy } from './lane.ts';

export interface Settings {
  readonly existing: ExistingPolicy;
  readonly target: Target;
  readonly form: 'plain' | 'cheapest';
  /** Where a value that takes several commands is built. */
  readonly build: 'in place' | 'aside';
  readonly setForm: SetForm;
  /** `MSET`, or `MSETNX` where keys that exist are to be left alone, can be used. */
  readonly canGroup: boolean;
  readonly canSelect: boolean;
  readonly canTransact: boolean;
  /** Databases of the target: those below; `null` when nobody knows. */
  readonly databases: number | null;
  /** The database that all keys go to, or `null` for the one each has in the source. */
  readonly db: number | null;
  readonly keysPerCheck: number;
  readonly connections: number;
  readonly windowBytes: number;
  readonly windowCommands: number;
  readonly retryForMs: number;
  readonly waitReplicas: number | 'auto';
  readonly maxOps: number;
  readonly maxBytesPerSecond: number;
  readonly shape: RestoreOptions['shape'];
  /** For whoever writes commands, but for its output. */
  readonly emitting: EmitOptions;
  readonly rdb: RdbOptions;
  readonly acceptsFunctions: boolean;
}
