/**
 * The grammar of target URIs. Texts that may hold a password are never part of a message.
 *
 * @module
 */
import { type Address, parseAddress } from '../address.ts';
import type { EndpointKind, TlsOptions } from '../endpoint.ts';

/** A URI taken apart. `undefined` is what it does not say. */
export interface UriParts {
  kind: EndpointKind;
  addresses: readonly Address[];
  user: string | undefined;
  password: string | undefined;
  sentinelUser: string | undefined;
  sentinelPassword: string | undefined;
  masterName: string | null;
  db: number | undefined;
  isTls: boolean;
  isSentinelTls: boolean;
  tls: TlsOptions;
}

type Transport = 'tcp' | 'unix';

interface Scheme {
  readonly name: string;
  readonly kind: EndpointKind;
  readonly transport: Transport;
  readonly isTls: boolean;
}

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;
const KNOWN_SCHEME = /^(?:redis|valkey|keydb|dragonfly)(s?)(?:[-+](sentinel|cluster|unix|socket))?$/;

const DEFAULT_PORT = 6379;
const DEFAULT_SENTINEL_PORT = 26_379;

/** Options behind `?`, by their lower-case names; the first name of each is the one that messages use. */
const OPTION_NAMES = {
  db: ['db', 'database'],
  authUser: ['authUser'],
  authPassword: ['authPassword'],
  cacert: ['cacert'],
  cert: ['cert'],
  key: ['key'],
  sni: ['sni', 'servername'],
  insecure: ['insecure'],
} as const;

const SENTINEL_OPTION_NAMES = {
  ...OPTION_NAMES,
  master: ['master', 'sentinelMasterId', 'name'],
  sentinelUser: ['sentinelUser', 'sentinel_username'],
  sentinelPassword: ['sentinelPassword', 'sentinel_password'],
  sentinelTls: ['sentinelTls'],
} as const;

type OptionName = keyof typeof SENTINEL_OPTION_NAMES;
type QueryOptions = ReadonlyMap<OptionName, string>;

/**
 * Takes a target URI apart.
 *
 * @throws RangeError for everything that is not understood.
 */
export function parseUri(uri: string): UriParts {
  const text = uri.trim();
  const schemeText = SCHEME.exec(text)?.[0];
  if (schemeText === undefined) return parseBare(text);
  const scheme = parseScheme(schemeText.slice(0, -3));
  const [authority, path, query] = split(text.slice(schemeText.length), scheme);
  const options = parseQuery(query, scheme.kind);
  const at = authority.lastIndexOf('@');
  const hosts = authority.slice(at + 1);
  const parts: UriParts = {
    kind: scheme.kind,
    addresses: scheme.transport === 'unix' ? [socketPath(hosts, path)] : parseHosts(hosts, scheme, at >= 0),
    ...parseUserInfo(authority.slice(0, Math.max(0, at))),
    sentinelUser: options.get('sentinelUser'),
    sentinelPassword: options.get('sentinelPassword'),
    masterName: null,
    db: parseDb(options.get('db')),
    isTls: scheme.isTls,
    isSentinelTls: false,
    tls: tlsOptions(options),
  };
  takeDataLogin(parts, options);
  if (scheme.kind === 'sentinel') takeSentinelParts(parts, path, options);
  else if (scheme.transport === 'tcp') takePathDb(parts, path);
  return parts;
}

/** Addresses without a scheme. */
function parseBare(text: string): UriParts {
  if (text.startsWith('/') && text.endsWith('.sock')) return parseUri(`unix://${encodeURI(text)}`);
  if (text === '' || text.startsWith('/')) {
    throw new RangeError('expected a target such as redis://host:6379, host:6379 or unix:///run/redis.sock');
  }
  return parseUri(`redis://${text.includes('@') || text.includes('[') ? text : bracketed(text)}`);
}

/** A bare IPv6 address with the brackets that it needs in a URI. */
function bracketed(text: string): string {
  return /^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text) ? `[${text}]` : text;
}

function parseScheme(text: string): Scheme {
  const name = text.toLowerCase();
  if (name === 'unix') return { name, kind: 'standalone', transport: 'unix', isTls: false };
  const match = KNOWN_SCHEME.exec(name);
  if (match === null) {
    throw new RangeError(
      `${JSON.stringify(text)} is not a scheme for a target; known are redis, rediss, redis-sentinel, redis-cluster, unix`,
    );
  }
  const isTls = match[1] === 's';
  const variant = match[2] ?? '';
  if (variant === 'sentinel' || variant === 'cluster') return { name, kind: variant, transport: 'tcp', isTls };
  if (variant !== '' && isTls) throw new RangeError('there is no TLS over a socket file: write unix:///path');
  return { name, kind: 'standalone', transport: variant === '' ? 'tcp' : 'unix', isTls };
}

/** Authority, path without its first slash, and query. */
function split(rest: string, scheme: Scheme): [authority: string, path: string, query: string] {
  const end = rest.search(/[/?]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  const behind = end < 0 ? '' : rest.slice(end);
  // A path of a socket may well have one.
  if (!authority.includes('@') && behind.includes('@') && scheme.transport === 'tcp') {
    throw new RangeError('a password with / or ? in it needs them as %2F and %3F');
  }
  const queryAt = behind.indexOf('?');
  const path = queryAt < 0 ? behind : behind.slice(0, queryAt);
  return [authority, path.slice(1), queryAt < 0 ? '' : behind.slice(queryAt + 1)];
}

function parseUserInfo(text: string): Pick<UriParts, 'user' | 'password'> {
  if (text === '') return { user: undefined, password: undefined };
  const colon = text.indexOf(':');
  const user = colon < 0 ? '' : decode(text.slice(0, colon), 'the user name or password');
  const password = decode(text.slice(colon + 1), 'the user name or password');
  // `user:@` is a user without a password, `word@` a password.
  return { user: user === '' ? undefined : user, password };
}

function parseHosts(text: string, scheme: Scheme, isSafe: boolean): readonly Address[] {
  const hosts = text.split(',');
  if (hosts.length > 1 && scheme.kind === 'standalone') {
    throw new RangeError('several hosts need redis-sentinel://… or redis-cluster://…');
  }
  const port = scheme.kind === 'sentinel' ? DEFAULT_SENTINEL_PORT : DEFAULT_PORT;
  return hosts.map((host) => {
    try {
      return parseAddress(decode(host, 'the host'), port);
    } catch (error) {
      // Without an @, what stands for the port may be the password of a URI whose host was forgotten.
      if (isSafe) throw error;
      throw new RangeError(
        `expected HOST or HOST:PORT behind ${scheme.name}://, a port from 1 to 65535, IPv6 as [::1]:6379`,
      );
    }
  });
}

function socketPath(host: string, path: string): Address {
  if (host !== '')
    throw new RangeError('the path of a socket file begins with /: write unix:///path, with three slashes');
  if (path === '') throw new RangeError('expected the path of a socket file: unix:///run/redis.sock');
  return { path: `/${decode(path, 'the path')}` };
}

function parseQuery(query: string, kind: EndpointKind): QueryOptions {
  const options = new Map<OptionName, string>();
  const known: Partial<Record<OptionName, readonly string[]>> =
    kind === 'sentinel' ? SENTINEL_OPTION_NAMES : OPTION_NAMES;
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const [key = '', value = ''] = pair.split(/=(.*)/s, 2);
    const found = Object.entries(known).find(([, names]) =>
      names.some((name) => name.toLowerCase() === key.toLowerCase()),
    );
    if (found === undefined) {
      const list = Object.keys(known).join(', ');
      throw new RangeError(`${JSON.stringify(key)} is not an option of a target; known are ${list}`);
    }
    options.set(found[0] as OptionName, decode(value, key));
  }
  return options;
}

function parseDb(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new RangeError(`expected a database number, got ${JSON.stringify(text)}`);
  return Number(text);
}

function parseYes(options: QueryOptions, name: OptionName): boolean | undefined {
  const text = options.get(name)?.toLowerCase();
  if (text === undefined) return undefined;
  if (/^(|1|y|yes|true|on)$/.test(text)) return true;
  if (/^(0|n|no|false|off)$/.test(text)) return false;
  throw new RangeError(`expected ${name}=yes or ${name}=no`);
}

function tlsOptions(options: QueryOptions): TlsOptions {
  return {
    ca: options.get('cacert'),
    cert: options.get('cert'),
    key: options.get('key'),
    servername: options.get('sni'),
    insecure: parseYes(options, 'insecure'),
  };
}

/** `authUser` and `authPassword` log in at the data servers; then what stands before the `@` is for Sentinels. */
function takeDataLogin(parts: UriParts, options: QueryOptions): void {
  const user = options.get('authUser');
  const password = options.get('authPassword');
  if (user === undefined && password === undefined) return;
  if (parts.password !== undefined) {
    const isTaken = parts.sentinelUser !== undefined || parts.sentinelPassword !== undefined;
    if (parts.kind !== 'sentinel' || isTaken) {
      throw new RangeError('two logins for the same servers: one before the @, one behind the ?');
    }
    parts.sentinelUser = parts.user;
    parts.sentinelPassword = parts.password;
  }
  parts.user = user;
  parts.password = password;
}

function takeSentinelParts(parts: UriParts, path: string, options: QueryOptions): void {
  const segments = path.split('/').map((segment) => decode(segment, 'the path'));
  const named = options.get('master');
  const first = segments[0] ?? '';
  // /name, /name/db, or /db when the name is an option.
  const hasName = first !== '' && !(named !== undefined && /^\d+$/.test(first));
  if (hasName && named !== undefined && named !== first) {
    throw new RangeError(`two names of a master: ${JSON.stringify(first)} and ${JSON.stringify(named)}`);
  }
  const masterName = hasName ? first : named;
  if (!masterName) {
    throw new RangeError('expected the name of the master, as Sentinel knows it: redis-sentinel://host:26379/mymaster');
  }
  const rest = hasName ? segments.slice(1) : segments;
  if (rest.length > 1) throw new RangeError('expected nothing behind /master/db');
  takePathDb(parts, rest[0] ?? '');
  parts.masterName = masterName;
  parts.isSentinelTls = parseYes(options, 'sentinelTls') ?? parts.isTls;
}

/** The option `db` wins over the path, as elsewhere. */
function takePathDb(parts: UriParts, path: string): void {
  const db = path === '' ? undefined : parseDb(path);
  parts.db ??= db;
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RangeError(`a % in ${what} needs to be written as %25`);
  }
}
