/**
 * How far a restore is, for Prometheus.
 *
 * @module
 */
import type { RestoreProgress } from './restore-progress.ts';

type Metric = readonly [name: string, type: 'counter' | 'gauge', help: string, value: (p: RestoreProgress) => number];

const METRICS: readonly Metric[] = [
  ['source_bytes_total', 'counter', 'Bytes of the source that were read.', (p) => p.bytesRead],
  ['source_keys_total', 'counter', 'Keys found in the source.', (p) => p.keysRead],
  ['settled_keys_total', 'counter', 'Keys, function libraries and scripts whose outcome is known.', (p) => p.settled],
  ['sent_bytes_total', 'counter', 'Bytes sent.', (p) => p.bytesSent],
  ['sent_commands_total', 'counter', 'Commands sent.', (p) => p.commandsSent],
  ['resent_keys_total', 'counter', 'Keys sent again.', (p) => p.resent],
  ['reconnects_total', 'counter', 'Connections that replaced a lost one.', (p) => p.reconnects],
  ['failovers_total', 'counter', 'Times that another server became a master.', (p) => p.failovers],
  ['window_bytes', 'gauge', 'Bytes sent and not safe yet.', (p) => p.windowBytes],
  ['window_commands', 'gauge', 'Commands sent and not safe yet.', (p) => p.windowCommands],
  ['waiting_nodes', 'gauge', 'Nodes that are being waited for.', (p) => p.waiting.length],
  ['target_latency_seconds', 'gauge', 'Time to have a batch answered, lately.', (p) => p.latencyMs / 1000],
  ['running_seconds', 'gauge', 'Time since the restore began.', (p) => p.seconds],
];

/**
 * Progress in Prometheus' text format, version 0.0.4; each name begins with `rdbkit_restore_`.
 *
 * @param totalBytes - Bytes of the source, if that is known.
 */
export function formatMetrics(progress: RestoreProgress, totalBytes: number | null = null): string {
  const rows: Metric[] = [...METRICS];
  if (totalBytes !== null) rows.push(['source_bytes', 'gauge', 'Bytes of the source.', () => totalBytes]);
  return rows
    .map(([name, type, help, value]) => {
      const full = `rdbkit_restore_${name}`;
      return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${full} ${value(progress)}\n`;
    })
    .join('');
}
