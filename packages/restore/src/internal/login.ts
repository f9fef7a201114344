/**
 * From a connected stream to a connection that may be used: `PING`, `AUTH`, `SELECT`, one after the other. Before the login
 * servers take small requests only, hence nothing is sent behind it before it is answered; and a password is sent only to
 * somebody who speaks RESP.
 *
 * @module
 */
import { type Reply, ReplyError } from '@rdbkit/resp';
import type { Connection } from '../connection.ts';
import type { Credentials } from '../endpoint.ts';
import { EndpointError, type EndpointErrorCode } from '../endpoint-error.ts';
import { redact } from '../secret.ts';

/** What is told to the user, but hinders nothing. */
export type Warn = (message: string) => void;

/** @throws {EndpointError} if the connection cannot be used. */
export async function login(
  connection: Connection,
  credentials: Credentials | null,
  db: number,
  warn: Warn,
): Promise<void> {
  const greeting = await connection.ask('PING');
  const wantsLogin = isLoginWanted(greeting);
  if (greeting instanceof ReplyError && !wantsLogin) refuseGreeting(greeting, connection);
  if (credentials !== null) await authenticate(connection, credentials, warn);
  else if (wantsLogin) {
    const hint = 'give a password with --askpass, --password-file or RDBKIT_PASSWORD, or one in the URI';
    throw failure('ENDPOINT_LOGIN_REQUIRED', 'the server wants a login, and none was given', connection, hint);
  }
  if (db !== 0) await select(connection, db);
}

/** `-NOAUTH`, and what servers before 2.8 say. */
function isLoginWanted(reply: Reply): boolean {
  return (
    reply instanceof ReplyError && (reply.prefix === 'NOAUTH' || /^ERR operation not permitted/i.test(reply.message))
  );
}

/** Errors that `PING` gets when the connection is of no use; any other one is an answer, too: `LOADING`, `NOPERM`. */
function refuseGreeting(error: ReplyError, connection: Connection): void {
  if (error.prefix === 'DENIED') {
    const hint =
      "set a password there, or 'protected-mode no' in a network that is safe; or run this on the server's host";
    throw failure(
      'ENDPOINT_PROTECTED',
      'the server is in protected mode: it serves its own host only',
      connection,
      hint,
    );
  }
  if (/max number of clients/i.test(error.message)) {
    const hint = 'use fewer connections, or raise maxclients';
    throw failure('ENDPOINT_MAX_CLIENTS', 'the server has as many clients as it allows', connection, hint);
  }
}

async function authenticate(connection: Connection, credentials: Credentials, warn: Warn): Promise<void> {
  const { user, password } = credentials;
  let reply = await connection.ask('AUTH', ...(user === null ? [] : [user]), password.reveal());
  if (isWrongArity(reply) && user === 'default') reply = await connection.ask('AUTH', password.reveal());
  if (!(reply instanceof ReplyError)) return;
  if (isWrongArity(reply)) {
    const hint = 'leave the user name out';
    throw failure('ENDPOINT_WRONG_PASSWORD', 'the server is older than 6.0 and has no users', connection, hint);
  }
  if (/without any password configured|no password is set/i.test(reply.message)) {
    warn('a password was given, but the server has none');
    return;
  }
  if (reply.prefix === 'WRONGPASS' || /invalid password/i.test(reply.message)) {
    const what = user === null ? 'wrong password' : `wrong password for user ${user}, or no such user`;
    throw failure('ENDPOINT_WRONG_PASSWORD', what, connection, 'the server may also have the user switched off');
  }
  // Some errors quote the arguments of the command.
  const [text = ''] = redact(reply.message, [password]).split(', with args beginning with');
  throw failure('ENDPOINT_NOT_PERMITTED', `the login failed: ${text}`, connection);
}

function isWrongArity(reply: Reply): boolean {
  return reply instanceof ReplyError && /wrong number of arguments|syntax error/i.test(reply.message);
}

async function select(connection: Connection, db: number): Promise<void> {
  const reply = await connection.ask('SELECT', db);
  if (!(reply instanceof ReplyError)) return;
  if (/not allowed in cluster mode/i.test(reply.message)) {
    const hint = 'map the databases of the source to 0 with --map-db, and name no other one in the URI';
    throw failure('ENDPOINT_DATABASE', `a cluster has database 0 only, not ${db}`, connection, hint);
  }
  if (/out of range|invalid DB index/i.test(reply.message)) {
    const hint = "raise the server's 'databases' setting, or choose a lower number";
    throw failure('ENDPOINT_DATABASE', `the server has no database ${db}`, connection, hint);
  }
  if (reply.prefix === 'NOAUTH') {
    throw failure('ENDPOINT_LOGIN_REQUIRED', 'the server wants a login, and none was given', connection);
  }
  const code = reply.prefix === 'NOPERM' ? 'ENDPOINT_NOT_PERMITTED' : 'ENDPOINT_DATABASE';
  throw failure(code, `cannot select database ${db}: ${reply.message}`, connection);
}

function failure(code: EndpointErrorCode, message: string, connection: Connection, hint?: string): EndpointError {
  const { address } = connection;
  return new EndpointError(code, message, hint === undefined ? { address } : { address, hint });
}
