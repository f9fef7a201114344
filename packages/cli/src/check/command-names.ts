import { type CommandArguments, findCommand } from '@rdbkit/commands';

/** Names that are remembered. */
const MOST_NAMES = 20;
const LONGEST_NAME = 64;

/** Collects the names of commands that no known server has: one that does not have them will not load the log. */
export class CommandNames {
  private readonly names = new Set<string>();

  add(command: CommandArguments): void {
    if (findCommand(command) !== null || this.names.size >= MOST_NAMES) return;
    const start = command.argStart(0);
    const bytes = command.bytes.subarray(start, Math.min(command.argEnd(0), start + LONGEST_NAME));
    this.names.add(
      String.fromCharCode(...bytes)
        .replace(/[^\x21-\x7e]/g, '.')
        .toUpperCase(),
    );
  }

  get unknown(): string[] {
    return [...this.names];
  }
}
