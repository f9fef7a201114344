/** From address, flags and environment to an endpoint, without letting go of a secret. */
import { readFileSync } from 'node:fs';
import { type Endpoint, type EndpointOptions, parseEndpoint, Secret } from '@rdbkit/restore';
import { CliError, systemMessage, usageError } from '../app/cli-error.ts';
import { EXIT } from '../app/exit-code.ts';
import type { Host } from '../app/host.ts';
import { printableText } from '../lang/printable.ts';
import type { RestoreFlags } from './flags.ts';

const PRIVATE_KEY = /^-----BEGIN [A-Z ]*PRIVATE KEY-----/m;
/** More is no key. */
const LONGEST_PEM = 1024 * 1024;

/** What of `--key` selects keys, and what is the file of the private key that goes with `--cert`. */
export interface KeyFlags {
  readonly globs: readonly string[] | undefined;
  readonly tlsKey: string | undefined;
}

/** `--key` is a pattern for names everywhere, and the private key in the programs of the servers: the file tells. */
export function splitKeyFlags(flags: RestoreFlags): KeyFlags {
  const { key, cert, 'tls-key': tlsKey } = flags;
  if (cert === undefined || key === undefined || tlsKey !== undefined) return { globs: key, tlsKey };
  const file = key.find(isPrivateKey);
  if (file === undefined) return { globs: key, tlsKey };
  const globs = key.filter((value) => value !== file);
  return { globs: globs.length > 0 ? globs : undefined, tlsKey: file };
}

function isPrivateKey(path: string): boolean {
  try {
    const text = readFileSync(path, 'latin1');
    return text.length < LONGEST_PEM && PRIVATE_KEY.test(text);
  } catch {
    return false;
  }
}

/** The endpoint that a command line names. Asks for the password if it is told to. */
export async function endpointOf(
  target: string,
  flags: RestoreFlags,
  tlsKey: string | undefined,
  host: Host,
): Promise<Endpoint> {
  const password = await passwordOf(flags, host);
  const options: EndpointOptions = {
    env: host.env,
    user: flags.user,
    password,
    nat: flags.nat,
    tls: {
      ca: flags.cacert,
      cert: flags.cert,
      key: tlsKey,
      servername: flags.sni,
      insecure: flags.insecure ? true : undefined,
    },
  };
  try {
    return parseEndpoint(target, options);
  } catch (error) {
    if (error instanceof RangeError) throw usageError(error.message);
    throw error;
  }
}

async function passwordOf(flags: RestoreFlags, host: Host): Promise<Secret | undefined> {
  const { askpass, 'password-file': file } = flags;
  if (askpass && file !== undefined) throw usageError('--askpass and --password-file exclude each other');
  if (askpass) return new Secret(await host.askSecret('Password: '));
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(EXIT.FAILED, `cannot read ${printableText(file, 80)}: ${systemMessage(error)}`, {
      cause: error,
    });
  }
  const [line = ''] = text.split(/\r?\n/, 1);
  if (line === '') throw usageError(`${printableText(file, 80)} has no password in its first line`);
  return new Secret(line);
}
