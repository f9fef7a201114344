import { buildCommand } from '@stricli/core';
import { describe, expect, it } from 'vitest';
import { runInWorld } from '../../testing/world.ts';
import { type GeneralFlags, generalFlags } from '../flags/general-flags.ts';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-code.ts';
import { type CliCommand, type CliContext, type CommandSet, commandFunction } from './program.ts';
import { readVersion } from './version.ts';

interface Flags extends GeneralFlags {
  readonly times: number | undefined;
}

/** Greets whom it is told to. */
const greet: CliCommand = {
  help: {
    brief: 'Says hello.',
    usage: 'tool greet [FLAGS] NAME',
    positionals: [['NAME', 'Whom to greet']],
    aliases: { t: 'times' },
    groups: [{ title: 'How', flags: { times: { kind: 'parsed', brief: 'How often', placeholder: 'N' } } }],
    examples: [{ title: 'Be nice', line: 'tool greet world' }],
  },
  command: buildCommand<Flags, [name: string], CliContext>({
    loader: async () =>
      commandFunction<Flags, [name: string]>(async ({ host, messages }, { times }, name) => {
        if (name === 'nobody') throw new CliError(EXIT.DAMAGED, 'nobody is there', { hint: 'come back later.' });
        messages.info(`${times ?? 1} times`);
        host.stdout.write(`hello ${name}\n`);
        return EXIT.OK;
      }),
    parameters: {
      flags: { times: { kind: 'parsed', parse: Number, optional: true, brief: 'How often' }, ...generalFlags },
      aliases: { t: 'times' },
      positional: { kind: 'tuple', parameters: [{ brief: 'Whom', parse: String, placeholder: 'NAME' }] },
    },
    docs: { brief: 'Says hello.' },
  }),
};

const tool: CommandSet = {
  name: 'tool',
  brief: 'Has commands.',
  commands: { greet, another: { ...greet, help: { ...greet.help, brief: 'Says it again.' } } },
  examples: [{ title: 'Begin', line: 'tool greet world' }],
};

describe('a program with commands', () => {
  it('runs the command that is named first', async () => {
    const { code, stdout, stderr } = await runInWorld(tool, ['greet', 'world', '-t', '2']);
    expect([code, stdout, stderr]).toEqual([0, 'hello world\n', 'tool: 2 times\n']);
  });

  it('takes the colour before the command too', async () => {
    const { code, stdout, stderr } = await runInWorld(tool, ['--color', 'greet', 'world']);
    expect([code, stdout]).toEqual([0, 'hello world\n']);
    expect(stderr).toContain('\x1b[1m');
  });

  it.each([['--help'], ['-h'], ['help']])('lists its commands for %s', async (...args) => {
    const { code, stdout, stderr } = await runInWorld(tool, args);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Usage  tool COMMAND');
    expect(stdout).toMatch(/^ {2}greet +Says hello\.$/m);
    expect(stdout).toMatch(/^ {2}another +Says it again\.$/m);
    expect(stdout).toContain('# Begin');
  });

  it.each([
    ['help', 'greet'],
    ['greet', '--help'],
    ['greet', 'world', '-h'],
    ['--help', 'greet'],
  ])('prints the page of a command for %s %s', async (...args) => {
    const { code, stdout } = await runInWorld(tool, args);
    expect(code).toBe(0);
    expect(stdout).toContain(args[0] === '--help' ? 'Usage  tool COMMAND' : 'Usage  tool greet [FLAGS] NAME');
  });

  it.each([[['--version']], [['-V']], [['greet', '--version']]])('tells its version for %j', async (args) => {
    expect(await runInWorld(tool, args)).toMatchObject({ code: 0, stdout: `tool ${readVersion()}\n` });
  });

  it.each([[[]], [['--no-color']]])('lists its commands on stderr when none is given: %j', async (args) => {
    const { code, stdout, stderr } = await runInWorld(tool, args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage  tool COMMAND');
  });

  it.each([
    [['gret', 'world'], 'there is no command "gret", did you mean greet?\n  tool --help lists all commands'],
    [['help', 'xylophone'], 'there is no command "xylophone"\n'],
    [['constructor'], 'there is no command "constructor"\n'],
    [['--times', '2'], 'expected a command before --times\n'],
    [['greet', '--tmes', '2'], 'there is no flag --tmes, did you mean --times?\n  tool greet --help lists all flags'],
    [['greet'], 'NAME is missing'],
    [['greet', 'a', 'b'], 'unexpected argument "b"'],
    [['greet', 'nobody', '--times'], '--times needs a value'],
  ])('says what is wrong with %j', async (args, text) => {
    const { code, stdout, stderr } = await runInWorld(tool, args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`tool: error: ${text}`);
  });

  it('ends as the command says when it fails', async () => {
    const { code, stderr } = await runInWorld(tool, ['greet', 'nobody']);
    expect([code, stderr]).toEqual([3, 'tool: error: nobody is there\n  hint: come back later.\n']);
  });
});
