/**
 * Certificates and keys, read once.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { PemSource, TlsOptions } from '../endpoint.ts';
import { EndpointError } from '../endpoint-error.ts';

/** @throws {EndpointError} with code `ENDPOINT_TLS`, naming the file that cannot be used. */
export async function secureContext(options: TlsOptions): Promise<SecureContext> {
  const [ca, cert, key] = await Promise.all([
    readPem(options.ca, 'CA certificates'),
    readPem(options.cert, 'certificate'),
    readPem(options.key, 'key'),
  ]);
  if ((cert === undefined) !== (key === undefined)) {
    throw new EndpointError('ENDPOINT_TLS', 'a certificate of our own needs both --cert and --key');
  }
  if (ca !== undefined && !/-----BEGIN [A-Z ]*CERTIFICATE-----/.test(ca.toString())) {
    throw new EndpointError('ENDPOINT_TLS', `no certificate in PEM form in ${sourceName(options.ca)}`);
  }
  const settings: SecureContextOptions = {};
  if (ca !== undefined) settings.ca = ca;
  if (cert !== undefined) settings.cert = cert;
  if (key !== undefined) settings.key = key;
  try {
    return createSecureContext(settings);
  } catch (cause) {
    const sources = [options.ca, options.cert, options.key].filter((source) => source !== undefined).map(sourceName);
    const hint = 'PEM files are needed, and a key that belongs to the certificate and is not encrypted';
    throw new EndpointError('ENDPOINT_TLS', `cannot use ${sources.join(', ')}`, { cause, hint });
  }
}

async function readPem(source: PemSource | undefined, what: string): Promise<Buffer | undefined> {
  if (source === undefined) return undefined;
  if (typeof source !== 'string') return Buffer.from(source);
  try {
    return await readFile(source);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/^[A-Z]+: /, '').replace(/, \w+ '.*'$/, '') : '';
    throw new EndpointError('ENDPOINT_TLS', `cannot read the ${what} in ${sourceName(source)}: ${reason}`, { cause });
  }
}

function sourceName(source: PemSource | undefined): string {
  return typeof source === 'string' ? JSON.stringify(source) : 'the given bytes';
}
