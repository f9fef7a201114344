import { describe, expect, it } from 'vitest';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-code.ts';
import { type ColorMode, colorsFor, Messages } from './messages.ts';

const terminal = { isTerminal: true };
const file = { isTerminal: false };

describe('colours', () => {
  it.each([
    [terminal, {}, 'auto', true],
    [file, {}, 'auto', false],
    [terminal, { NO_COLOR: '1' }, 'auto', false],
    [terminal, { NO_COLOR: '' }, 'auto', true],
    [file, { FORCE_COLOR: '1' }, 'auto', true],
    [terminal, { FORCE_COLOR: '0' }, 'auto', false],
    [file, { NO_COLOR: '1', FORCE_COLOR: '1' }, 'auto', false],
    [terminal, { TERM: 'dumb' }, 'auto', false],
    [file, { NO_COLOR: '1' }, 'always', true],
    [terminal, { FORCE_COLOR: '1' }, 'never', false],
  ] as const)('%j with %j and %s: %j', (output, env, mode: ColorMode, expected) => {
    expect(colorsFor(output, env, mode).isColorSupported).toBe(expected);
  });
});

describe('Messages', () => {
  function recorded(): { messages: Messages; text: () => string } {
    let text = '';
    const write = (more: string): void => {
      text += more;
    };
    const output = { isTerminal: false, columns: () => 80, write };
    return { messages: new Messages('program', output, colorsFor(output, {}, 'auto')), text: () => text };
  }

  it('prints an error with where and what helps', () => {
    const { messages, text } = recorded();
    const error = new CliError(EXIT.DAMAGED, 'it is broken', { details: ['at byte 7'], hint: 'mend it.' });
    expect(messages.report(error, {})).toBe(3);
    expect(text()).toBe('program: error: it is broken\n  at byte 7\n  hint: mend it.\n');
  });

  it('calls what nobody foresaw a fault of its own, with the stack when asked', () => {
    const { messages, text } = recorded();
    expect(messages.report(new TypeError('x is not a function'), {})).toBe(1);
    expect(text()).toContain('internal error: TypeError: x is not a function');
    expect(text()).not.toContain('messages.test.ts');
    messages.report(new TypeError('y'), { RDBKIT_DEBUG: '1' });
    expect(text()).toContain('messages.test.ts');
  });

  it('takes a progress display away before a line', () => {
    const { messages, text } = recorded();
    let cleared = 0;
    messages.beforeLine(() => {
      cleared++;
    });
    messages.warn('one');
    messages.info('two');
    expect(cleared).toBe(2);
    expect(text()).toBe('program: warning: one\nprogram: two\n');
  });
});
