/** Finding results in a recording. */
import type { Contest } from '../contests.ts';
import type { Recording, Result } from '../results.ts';

/** A line of a contest: a program, ours once for each Node. */
export interface Entry {
  readonly label: string;
  readonly isOurs: boolean;
  readonly result: Result | null;
  /** Why there is no result, or why it has fewer runs. */
  readonly failure: string | null;
}

/** Versions of Node in the recording; the first is the one that is quoted. */
export function nodesOf({ versions }: Recording): string[] {
  return (versions.Node ?? '').split(', ');
}

export function find(recording: Recording, group: string, name: string, node: string | null = null): Result | null {
  const found = recording.results.find(
    (result) => result.group === group && result.name === name && (result.node ?? node) === node,
  );
  return found ?? null;
}

/** The result of ours with the first Node, or of a rival. */
export function findFirst(recording: Recording, group: string, name: string): Result | null {
  return find(recording, group, name, nodesOf(recording)[0] ?? null);
}

export function entriesOf(recording: Recording, { name: group, dataset, entries }: Contest): Entry[] {
  const nodes = nodesOf(recording);
  return entries.flatMap(([case_, label]): Entry[] => {
    const name = `${case_} ${dataset}`;
    const isRival = case_.startsWith('rival/');
    return (isRival ? [null] : nodes).map((node) => ({
      label: node === null ? label : `${label}, Node ${majorOf(node)}`,
      isOurs: !isRival && case_ !== 'start/node',
      result: find(recording, group, name, node),
      failure:
        recording.absent.find((each) => each.group === group && each.name === name && each.node === node)?.reason ??
        null,
    }));
  });
}

export function majorOf(node: string): string {
  return node.replace(/^v/, '').split('.')[0] ?? node;
}

export function asSeconds(value: number): string {
  return value < 0.2 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(2)} s`;
}
