/**
 * Certificates for tests of TLS, made by `openssl` when they are needed.
 *
 * @module
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findServers, type ServerProgram } from './server-programs.ts';
import { programForTests, skipped } from './test-programs.ts';

/** Paths of PEM files. */
export interface Certificates {
  /** Who signed the others. */
  readonly ca: string;
  /** For `localhost` and `127.0.0.1`. */
  readonly serverCert: string;
  readonly serverKey: string;
  readonly clientCert: string;
  readonly clientKey: string;
}

/** What the server's certificate is to be like. */
export interface CertificateOptions {
  /**
   * The names in it.
   * @default ['DNS:localhost', 'IP:127.0.0.1']
   */
  readonly names?: readonly string[];
  /** Signed by itself instead of by the CA. */
  readonly selfSigned?: boolean;
}

/**
 * Makes a CA, a server's and a client's certificate, valid for a day; the folder goes when the process ends.
 *
 * @param openssl - The program, see `programForTests`.
 */
export function makeCertificates(openssl: string, options: CertificateOptions = {}): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'rdbkit-tls-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const run = (...args: readonly string[]): void => {
    execFileSync(openssl, args, { cwd: folder, stdio: 'pipe' });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = (options.names ?? ['DNS:localhost', 'IP:127.0.0.1']).join(',');
  run('req', '-x509', '-days', '1', ...newKey, '-subj', '/CN=rdbkit test CA', '-keyout', 'ca.key', '-out', 'ca.pem');
  const sign = (name: string, extension: string): void => {
    run('req', ...newKey, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    writeFileSync(join(folder, `${name}.ext`), `${extension}\n`);
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'];
    run('x509', '-req', '-days', '1', '-in', `${name}.csr`, ...by, '-extfile', `${name}.ext`, '-out', `${name}.pem`);
  };
  if (options.selfSigned) {
    const extension = ['-subj', '/CN=server', '-addext', `subjectAltName=${names}`];
    run('req', '-x509', '-days', '1', ...newKey, ...extension, '-keyout', 'server.key', '-out', 'server.pem');
  } else {
    sign('server', `subjectAltName=${names}`);
  }
  sign('client', 'extendedKeyUsage=clientAuth');
  return {
    ca: join(folder, 'ca.pem'),
    serverCert: join(folder, 'server.pem'),
    serverKey: join(folder, 'server.key'),
    clientCert: join(folder, 'client.pem'),
    clientKey: join(folder, 'client.key'),
  };
}

/** A server that was built with TLS, and the means to make certificates; `undefined` where one is missing. */
export function tlsForTests(): { readonly program: ServerProgram; readonly openssl: string } | undefined {
  const openssl = programForTests('openssl');
  const program = findServers().findLast(speaksTls);
  if (program === undefined) skipped('no server with TLS on PATH');
  return openssl === undefined || program === undefined ? undefined : { program, openssl };
}

/** Given no certificate, a server with TLS complains of that, one without of its settings. */
function speaksTls(program: ServerProgram): boolean {
  const settings = ['--port', '0', '--tls-port', '1', '--tls-cert-file', 'none', '--tls-key-file', 'none'];
  const { stdout, stderr } = spawnSync(program.path, settings, { cwd: tmpdir(), encoding: 'utf8', timeout: 10_000 });
  return /Failed to configure TLS/.test(`${stdout}${stderr}`);
}
