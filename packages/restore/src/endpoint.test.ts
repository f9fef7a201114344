import { Duplex } from 'node:stream';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  describeEndpoint,
  type Endpoint,
  type EndpointOptions,
  formatAddress,
  NatMap,
  parseAddress,
  parseEndpoint,
  redact,
  Secret,
  streamEndpoint,
} from './index.ts';

/** The parts of an endpoint that a table can hold. */
function summary(endpoint: Endpoint): Record<string, unknown> {
  const { credentials, sentinelCredentials } = endpoint;
  const all = {
    kind: endpoint.kind,
    at: endpoint.addresses.map(formatAddress).join(' '),
    user: credentials?.user ?? undefined,
    password: credentials?.password.reveal(),
    sentinelUser: sentinelCredentials?.user ?? undefined,
    sentinelPassword: sentinelCredentials?.password.reveal(),
    master: endpoint.masterName ?? undefined,
    db: endpoint.db === 0 ? undefined : endpoint.db,
    tls: endpoint.tls === null ? undefined : clean(endpoint.tls),
    sentinelTls: endpoint.sentinelTls === null ? undefined : clean(endpoint.sentinelTls),
  };
  return clean(all);
}

function clean(object: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

const one = (at: string, more: object = {}): object => ({ kind: 'standalone', at, ...more });
const sentinel = (at: string, more: object = {}): object => ({ kind: 'sentinel', at, master: 'm', ...more });

test.each<[string, object]>([
  ['redis://db', one('db:6379')],
  ['redis://db/', one('db:6379')],
  ['REDIS://db:7000/3', one('db:7000', { db: 3 })],
  ['redis://:7000', one('127.0.0.1:7000')],
  ['redis://db?db=3', one('db:6379', { db: 3 })],
  ['redis://db/2?database=3', one('db:6379', { db: 3 })],
  ['redis://word@db', one('db:6379', { password: 'word' })],
  ['redis://:word@db', one('db:6379', { password: 'word' })],
  ['redis://u:p@db', one('db:6379', { user: 'u', password: 'p' })],
  ['redis://u:@db', one('db:6379', { user: 'u', password: '' })],
  ['redis://:@db', one('db:6379')],
  ['redis://@db', one('db:6379')],
  ['redis://u:p:q@db', one('db:6379', { user: 'u', password: 'p:q' })],
  ['redis://u:p@q@db', one('db:6379', { user: 'u', password: 'p@q' })],
  ['redis://u:p%40q%2F%3f%25@db', one('db:6379', { user: 'u', password: 'p@q/?%' })],
  ['redis://u:p#q@db', one('db:6379', { user: 'u', password: 'p#q' })],
  ['redis://u%3Av:p@db', one('db:6379', { user: 'u:v', password: 'p' })],
  ['redis://db?authUser=u&authPassword=p%26', one('db:6379', { user: 'u', password: 'p&' })],
  ['redis://[::1]', one('[::1]:6379')],
  ['redis://[fe80::1%25eth0]:7000', one('[fe80::1%eth0]:7000')],
  ['rediss://db', one('db:6379', { tls: {} })],
  [
    'valkeys://db?cacert=/ca.pem&cert=c.pem&key=k.pem&SNI=name&insecure=yes',
    one('db:6379', { tls: { ca: '/ca.pem', cert: 'c.pem', key: 'k.pem', servername: 'name', insecure: true } }),
  ],
  ['valkey://db', one('db:6379')],
  ['keydb://db', one('db:6379')],
  ['dragonfly://db', one('db:6379')],
  ['unix:///run/r.sock', one('/run/r.sock')],
  ['unix:///run/r@b.sock?db=4', one('/run/r@b.sock', { db: 4 })],
  ['redis+unix:///run/r.sock', one('/run/r.sock')],
  ['redis-socket://word@/run/r.sock', one('/run/r.sock', { password: 'word' })],
  ['/run/a b.sock', one('/run/a b.sock')],
  ['db', one('db:6379')],
  [' db:7000 ', one('db:7000')],
  ['db:7000/1', one('db:7000', { db: 1 })],
  [':7000', one('127.0.0.1:7000')],
  ['[::1]:7000', one('[::1]:7000')],
  ['::1', one('[::1]:6379')],
  ['word@db', one('db:6379', { password: 'word' })],
  ['redis-sentinel://a/m', sentinel('a:26379')],
  ['redis+sentinel://a,b:1,[::1]:2/m/5', sentinel('a:26379 b:1 [::1]:2', { db: 5 })],
  ['redis-sentinel://a?sentinelMasterId=m', sentinel('a:26379')],
  ['redis-sentinel://a/5?name=m', sentinel('a:26379', { db: 5 })],
  ['redis-sentinel://a/m?master=m&db=5', sentinel('a:26379', { db: 5 })],
  ['redis-sentinel://a/7', sentinel('a:26379', { master: '7' })],
  ['redis-sentinel://a/my%2Fm', sentinel('a:26379', { master: 'my/m' })],
  ['redis-sentinel://u:p@a/m', sentinel('a:26379', { user: 'u', password: 'p' })],
  [
    'redis-sentinel://s:t@a/m?authUser=u&authPassword=p',
    sentinel('a:26379', { user: 'u', password: 'p', sentinelUser: 's', sentinelPassword: 't' }),
  ],
  [
    'redis-sentinel://u:p@a/m?sentinelUser=s&sentinel_password=t',
    sentinel('a:26379', { user: 'u', password: 'p', sentinelUser: 's', sentinelPassword: 't' }),
  ],
  ['rediss-sentinel://a/m', sentinel('a:26379', { tls: {}, sentinelTls: {} })],
  ['rediss-sentinel://a/m?sentinelTls=no', sentinel('a:26379', { tls: {} })],
  ['redis-sentinel://a/m?sentinelTls=yes', sentinel('a:26379', { sentinelTls: {} })],
  ['redis-cluster://a,b:7001', { kind: 'cluster', at: 'a:6379 b:7001' }],
  ['rediss+cluster://word@a', { kind: 'cluster', at: 'a:6379', password: 'word', tls: {} }],
])('%s', (uri, expected) => {
  expect(summary(parseEndpoint(uri))).toEqual(expected);
});

test.each<[string, RegExp]>([
  ['', /expected a target such as/],
  ['/data/dump.rdb', /expected a target such as/],
  ['http://db', /"http" is not a scheme .* rediss, redis-sentinel/],
  ['redis://a,b', /several hosts need redis-sentinel:\/\/… or redis-cluster/],
  ['redis://db:70000', /a port from 1 to 65535/],
  ['redis://u@db:70000', /a port from 1 to 65535, got 70000/],
  ['redis://db:x', /expected HOST or HOST:PORT behind redis:/],
  ['redis://u@db:x', /expected HOST:PORT .* got "db:x"/],
  ['redis://[db]', /expected HOST or HOST:PORT/],
  ['redis://db/x', /expected a database number, got "x"/],
  ['redis://db/-1', /expected a database number/],
  ['redis://db/1/2', /expected a database number/],
  ['redis://db?db=x', /expected a database number/],
  ['redis://db?retries=3', /"retries" is not an option of a target; known are db, authUser, .*insecure$/],
  ['redis://db?master=m', /"master" is not an option of a target/],
  ['redis-sentinel://db/m?retries=3', /known are db, .*master, sentinelUser/],
  ['redis://db?insecure=maybe', /expected insecure=yes or insecure=no/],
  ['redis://db?insecure=yes', /options for TLS need an address that speaks it: rediss/],
  ['redis://u:p@db?authPassword=q', /two logins for the same servers/],
  ['redis-sentinel://a', /expected the name of the master/],
  ['redis-sentinel://a/', /expected the name of the master/],
  ['redis-sentinel://a/m?master=n', /two names of a master: "m" and "n"/],
  ['redis-sentinel://a/m/1/2', /expected nothing behind \/master\/db/],
  ['redis-sentinel://s:t@a/m?authPassword=p&sentinelPassword=t', /two logins/],
  ['rediss+unix:///r.sock', /no TLS over a socket file/],
  ['unix://run/r.sock', /three slashes/],
  ['unix://', /expected the path of a socket file/],
])('%j is refused', (uri, message) => {
  expect(() => parseEndpoint(uri)).toThrow(RangeError);
  expect(() => parseEndpoint(uri)).toThrow(message);
});

test.each([
  'redis://app:sesame',
  'redis://:sesame',
  'redis://app:se/sesame@db',
  'redis://app:se?sesame@db',
  'redis://app:sesame%@db',
  'redis://app:sesame@db:x',
  'redis://app:sesame@a,b',
  'redis://db?authPassword=sesame%',
  'redis://db?authPassword=sesame&x=sesame',
  'redis://x@db?authPassword=sesame',
  'foo://app:sesame@db',
  'redis-sentinel://app:sesame@a',
  'unix://app:sesame@run/r.sock',
  '/sesame',
])('%s: no secret in the message', (uri) => {
  const { message } = thrownBy(() => parseEndpoint(uri));
  expect(message).not.toContain('sesame');
  expect(message).not.toContain('\n');
});

test('a numeric password without a host is no port', () => {
  expect(thrownBy(() => parseEndpoint('redis://app:123456')).message).not.toContain('123456');
});

test('a password with / or ? says how to write it', () => {
  expect(thrownBy(() => parseEndpoint('redis://app:a/b@db')).message).toMatch(/%2F and %3F/);
  expect(thrownBy(() => parseEndpoint('redis://app:a%b@db')).message).toMatch(/%25/);
});

function thrownBy(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  return expect.unreachable('nothing was thrown');
}

describe('flags and environment', () => {
  const env = { RDBKIT_PASSWORD: 'e', REDISCLI_AUTH: 'r', RDBKIT_SENTINEL_PASSWORD: 's' };

  test.each<[string, EndpointOptions, object]>([
    ['redis://db', { env }, { password: 'e' }],
    ['redis://db', { env: { REDISCLI_AUTH: 'r' } }, { password: 'r' }],
    ['redis://db', { env: { REDISCLI_AUTH: '' } }, {}],
    ['redis://db', { env, user: 'u' }, { user: 'u', password: 'e' }],
    ['redis://db', { user: 'u' }, { user: 'u', password: '' }],
    ['redis://:p@db', { env }, { password: 'p' }],
    ['redis://u:p@db', { env, password: 'f' }, { user: 'u', password: 'f' }],
    ['redis://u:p@db', { user: 'v', password: new Secret('f') }, { user: 'v', password: 'f' }],
    ['redis://db/1', { db: 2 }, { db: 2 }],
    ['rediss://db?sni=a', { tls: { servername: 'b', ca: undefined } }, { tls: { servername: 'b' } }],
    ['redis-sentinel://a/m', { env }, { password: 'e', sentinelPassword: 's' }],
    [
      'redis-sentinel://a/m',
      { sentinelUser: 'v', sentinelPassword: 'w' },
      { sentinelUser: 'v', sentinelPassword: 'w' },
    ],
  ])('%s %j', (uri, options, expected) => {
    expect(summary(parseEndpoint(uri, options))).toMatchObject(expected);
    expect(Object.keys(summary(parseEndpoint(uri, options)))).toEqual(expect.arrayContaining(Object.keys(expected)));
  });

  test('what does not fit together', () => {
    expect(() => parseEndpoint('redis://db', { tls: { ca: 'ca.pem' } })).toThrow(/options for TLS/);
    expect(() => parseEndpoint('redis://db', { db: 1.5 })).toThrow(/database number/);
    expect(() => parseEndpoint('redis://db', { nat: ['a:1'] })).toThrow(/HOST:PORT=HOST:PORT/);
  });
});

test('an endpoint in words, and no secret in any form of it', () => {
  const endpoint = parseEndpoint('rediss-sentinel://u:sesame@a,b:1/m/3?sentinelPassword=sesame');
  expect(describeEndpoint(endpoint)).toBe('master m of Sentinel a:26379, b:1, database 3, with TLS, as user u');
  expect(describeEndpoint(parseEndpoint('redis-cluster://:sesame@a'))).toBe('cluster of a:6379');
  const forms = [
    describeEndpoint(endpoint),
    JSON.stringify(endpoint),
    inspect(endpoint, { depth: 9, showHidden: true }),
  ];
  expect(forms.join()).not.toContain('sesame');
  expect(String(endpoint.credentials?.password)).toBe('***');
});

test("a caller's stream", () => {
  const connect = (): Duplex => new Duplex();
  const endpoint = streamEndpoint(connect, { password: 'p', db: 2, tls: { servername: 'db' } });
  expect(endpoint).toMatchObject({ kind: 'standalone', db: 2, tls: { servername: 'db' }, connect });
  expect(endpoint.credentials?.password.reveal()).toBe('p');
  expect(streamEndpoint(connect).tls).toBeNull();
});

test('secrets are cut out of texts', () => {
  expect(redact('a sesame, sesame', [new Secret('sesame'), new Secret('')])).toBe('a ***, ***');
});

describe('addresses', () => {
  test('announced and reachable', () => {
    const nat = NatMap.parse(['a:1=b:2', '[::1]:1=[::2]:3', 'c=d']);
    const through = (text: string): string => formatAddress(nat.apply(parseAddress(text, 6379)));
    expect(['a:1', 'a:2', '[::1]:1', 'c:9', 'e:1'].map(through)).toEqual(['b:2', 'a:2', '[::2]:3', 'd:9', 'e:1']);
  });

  test.each(['', 'a', 'a=b=c', '=b', 'a:1=b', 'a=b:1', 'a b:1=c:1'])('%j is no entry of a map', (entry) => {
    expect(() => NatMap.parse([entry])).toThrow(RangeError);
  });
});
