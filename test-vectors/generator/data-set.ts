import type { ServerOptions } from '@rdbkit/testkit';
import type { Load } from './load.ts';

/** What makes one dump. */
export interface DataSet {
  readonly name: string;
  /** A command that the server must know. */
  readonly needs?: readonly string[];
  /** First server version, for what no command tells. */
  readonly since?: readonly [major: number, minor: number];
  /** Written only when asked for by name. */
  readonly onDemand?: boolean;
  readonly options?: ServerOptions;
  /** The dump also tells how long keys lay idle, or how often they were used. */
  readonly usage?: 'idle' | 'frequency';
  load(load: Load): Promise<void>;
  /** Loads what expires soon after the file was written. */
  loadSoon?(load: Load, soonMs: number): Promise<void>;
}
