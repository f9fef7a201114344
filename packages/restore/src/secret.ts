/**
 * Passwords, kept out of every text that somebody may read.
 *
 * @module
 */
import { inspect } from 'node:util';

const HIDDEN = '***';

/**
 * A password that shows itself to nobody who does not ask for it by name: as a string, in JSON and in `console.log` it is `***`.
 *
 * @example
 * ```ts
 * import { Secret } from '@rdbkit/restore';
 * const password = new Secret('open sesame');
 * console.log(`${password}`, JSON.stringify({ password })); // *** {"password":"***"}
 * console.log(password.reveal().length); // 11
 * ```
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The password itself. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  static {
    Object.defineProperty(Secret.prototype, inspect.custom, { value: () => HIDDEN });
  }
}

/**
 * A text without the secrets in it. Servers quote arguments in some of their errors, a refused `AUTH` among them.
 *
 * @example
 * ```ts
 * import { redact, Secret } from '@rdbkit/restore';
 * console.log(redact("unknown command 'AUTH', with args beginning with: 'sesame'", [new Secret('sesame')]));
 * // unknown command 'AUTH', with args beginning with: '***'
 * ```
 */
export function redact(text: string, secrets: Iterable<Secret>): string {
  let result = text;
  for (const secret of secrets) {
    const hidden = secret.reveal();
    if (hidden !== '') result = result.replaceAll(hidden, HIDDEN);
  }
  return result;
}
