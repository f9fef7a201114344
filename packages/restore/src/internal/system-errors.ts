/**
 * What the system and TLS say about connections, in words that say what to do.
 *
 * @module
 */
import type { Address } from '../address.ts';
import { EndpointError, type EndpointErrorCode } from '../endpoint-error.ts';

/** TLS record types in the first byte; an alert is all that a plain client gets. */
const TLS_ALERT = 0x15;
const TLS_HANDSHAKE = 0x16;
const TLS_MAJOR = 0x03;

type Explanation = readonly [code: EndpointErrorCode, message: string, hint?: string];

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** A connection that could not be made. */
export function failedConnection(error: unknown, address: Address): EndpointError {
  if (error instanceof EndpointError) return error;
  const [code, message, hint] = explainDialling(codeOf(error), address) ?? explainOther(error);
  return new EndpointError(code, message, { address, cause: error, ...(hint === undefined ? {} : { hint }) });
}

/** A connection that was made and is gone; without an error the other side closed it. */
export function brokenConnection(error: Error | null, address: Address): EndpointError {
  if (error instanceof EndpointError) return error;
  const details = error === null ? { address } : { address, cause: error };
  const code = codeOf(error);
  if (error === null) return new EndpointError('ENDPOINT_CLOSED', 'the server closed the connection', details);
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return new EndpointError('ENDPOINT_CLOSED', 'the connection was reset', details);
  }
  const tls = explainTls(error);
  if (tls !== null) {
    const [tlsCode, message, hint] = tls;
    return new EndpointError(tlsCode, message, hint === undefined ? details : { ...details, hint });
  }
  return new EndpointError('ENDPOINT_CLOSED', `the connection broke (${code || error.message})`, details);
}

function explainDialling(code: string, address: Address): Explanation | null {
  const isUnix = 'path' in address;
  switch (code) {
    case 'ENOTFOUND':
      return ['ENDPOINT_DNS', 'the host name is unknown', 'check its spelling, or the DNS of this machine'];
    case 'EAI_AGAIN':
      return ['ENDPOINT_DNS', 'the host name cannot be looked up: DNS does not answer'];
    case 'ECONNREFUSED':
      return isUnix
        ? ['ENDPOINT_REFUSED', 'no server listens on this socket file any more', 'is the server running?']
        : ['ENDPOINT_REFUSED', 'connection refused', 'is the server running, and is this its port?'];
    case 'ENOENT':
      return ['ENDPOINT_REFUSED', 'there is no such socket file', "compare with the server's unixsocket setting"];
    case 'EACCES':
    case 'EPERM':
      return ['ENDPOINT_UNREACHABLE', 'no permission to connect', "see the server's unixsocketperm setting"];
    case 'ENOTSOCK':
      return ['ENDPOINT_REFUSED', 'this file is not a socket'];
    case 'ETIMEDOUT':
      return ['ENDPOINT_TIMEOUT', 'no answer', 'a firewall may drop packets to this port'];
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return ['ENDPOINT_UNREACHABLE', 'there is no route to this host'];
    case 'ECONNRESET':
      return ['ENDPOINT_CLOSED', 'the connection was reset while it was made'];
    default:
      return null;
  }
}

function explainOther(error: unknown): Explanation {
  if (!(error instanceof Error)) return ['ENDPOINT_UNREACHABLE', `cannot connect: ${String(error)}`];
  return explainTls(error) ?? ['ENDPOINT_UNREACHABLE', `cannot connect: ${error.message}`];
}

const INSECURE_HINT = 'give the right CA with --cacert, or accept any certificate with --insecure';
const CLIENT_HINT = 'give a certificate that the server accepts with --cert and --key';

/** What an error of TLS means; `null` for other errors. */
function explainTls(error: Error): Explanation | null {
  const code = codeOf(error);
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return ['ENDPOINT_TLS', "the server's certificate is self-signed", INSECURE_HINT];
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_UNTRUSTED':
      return ['ENDPOINT_TLS', "the server's certificate was signed by nobody we trust", INSECURE_HINT];
    case 'CERT_HAS_EXPIRED':
      return ['ENDPOINT_TLS', "the server's certificate has expired"];
    case 'CERT_NOT_YET_VALID':
      return ['ENDPOINT_TLS', "the server's certificate is not valid yet", 'is the clock of this machine right?'];
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return [
        'ENDPOINT_TLS',
        `the server's certificate is for another name (${altNames(error)})`,
        'behind a tunnel or port-forward give the name in the certificate with --sni',
      ];
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
    case 'ERR_SSL_HTTP_REQUEST':
      return ['ENDPOINT_TLS_MISMATCH', 'this port does not speak TLS', 'write redis:// instead of rediss://'];
    default:
      break;
  }
  if (!code.startsWith('ERR_SSL_') && !code.startsWith('ERR_TLS_')) return null;
  if (/ALERT_(CERTIFICATE|BAD_CERTIFICATE|UNKNOWN_CA)|CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/.test(code)) {
    return ['ENDPOINT_TLS', 'the server does not accept our certificate, or wants one and has got none', CLIENT_HINT];
  }
  const reason = code
    .replace(/^ERR_(SSL|TLS)_/, '')
    .replaceAll('_', ' ')
    .toLowerCase();
  return ['ENDPOINT_TLS', `TLS failed: ${reason}`];
}

function altNames(error: Error): string {
  const cert = 'cert' in error && typeof error.cert === 'object' ? (error.cert as { subjectaltname?: string }) : null;
  return cert?.subjectaltname?.replaceAll(/DNS:|IP Address:/g, '') ?? 'it states none';
}

/** The first bytes that came back are no RESP: says what they look like. */
export function describeForeignBytes(bytes: Uint8Array, address: Address): EndpointError {
  if ((bytes[0] === TLS_ALERT || bytes[0] === TLS_HANDSHAKE) && bytes[1] === TLS_MAJOR) {
    return tlsExpected(address);
  }
  const text = Buffer.from(bytes.subarray(0, 40)).toString('latin1');
  const [line = ''] = text.split(/[\r\n]/, 1);
  const hint = 'compare host and port with the configuration of the server';
  if (/^HTTP\/|^<(!doctype|html)/i.test(line)) {
    return new EndpointError('ENDPOINT_NOT_REDIS', 'a web server answers here, not Redis', { address, hint });
  }
  if (line.startsWith('SSH-')) {
    return new EndpointError('ENDPOINT_NOT_REDIS', 'an SSH server answers here, not Redis', { address, hint });
  }
  const shown = JSON.stringify(line.replaceAll(/[^\x20-\x7e]/g, '.'));
  return new EndpointError('ENDPOINT_NOT_REDIS', `what answers here is not Redis: it said ${shown}`, { address, hint });
}

/** We speak plainly with a port that wants TLS. */
export function tlsExpected(address: Address): EndpointError {
  const hint = 'write rediss:// instead of redis://';
  return new EndpointError('ENDPOINT_TLS_MISMATCH', 'this port speaks TLS', { address, hint });
}

/** We want TLS from a port that speaks plainly. */
export function plainExpected(address: Address): EndpointError {
  const hint = 'write redis:// instead of rediss://';
  return new EndpointError('ENDPOINT_TLS_MISMATCH', 'this port does not speak TLS', { address, hint });
}
