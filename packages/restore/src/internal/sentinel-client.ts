/**
 * What Sentinels are asked, one after the other.
 *
 * @module
 */
import { type Reply, ReplyError, replyText } from '@rdbkit/resp';
import { type Address, formatAddress, type TcpAddress } from '../address.ts';
import type { Connection } from '../connection.ts';
import { EndpointError } from '../endpoint-error.ts';
import type { TopologyEvent } from '../topology.ts';
import type { Attempt, Dialer } from './dialer.ts';

/** What a Sentinel says about the master. */
export interface Announcement {
  /** As announced. */
  readonly announced: TcpAddress;
  /** As reached from here. */
  readonly address: TcpAddress;
  /** Who said so. */
  readonly sentinel: Address;
  /** Whether the Sentinel itself has trouble with it (`s_down`, `o_down`, a failover). */
  readonly isDown: boolean;
}

const DEFAULT_PORT = 26_379;

/** Asks the Sentinels of an endpoint. The one that answered last is asked first. */
export class SentinelClient {
  private readonly dialer: Dialer;
  private readonly tell: (event: TopologyEvent) => void;
  readonly masterName: string;
  private addresses: Address[];
  /** Those of which it was told already that they do not answer. */
  private readonly silent = new Set<string>();

  constructor(dialer: Dialer, tell: (event: TopologyEvent) => void) {
    this.dialer = dialer;
    this.tell = tell;
    this.masterName = dialer.endpoint.masterName ?? '';
    this.addresses = [...dialer.endpoint.addresses];
  }

  /** All that are known, those that the named ones announced included. */
  get sentinels(): readonly Address[] {
    return this.addresses;
  }

  /** Has a Sentinel asked first next time. */
  prefer(sentinel: Address): void {
    this.addresses = [sentinel, ...this.others(sentinel)];
  }

  /** Has a Sentinel asked last: what it said did not prove true. */
  defer(sentinel: Address): void {
    this.addresses = [...this.others(sentinel), sentinel];
  }

  private others(sentinel: Address): Address[] {
    const text = formatAddress(sentinel);
    return this.addresses.filter((address) => formatAddress(address) !== text);
  }

  /**
   * Asks one Sentinel after the other who the master is.
   *
   * @throws {EndpointError} `ENDPOINT_UNKNOWN_MASTER`, `ENDPOINT_NO_MASTER`, or what keeps from asking all of them.
   */
  async findMaster(attempt: Attempt): Promise<Announcement> {
    const failures: EndpointError[] = [];
    for (const sentinel of this.addresses) {
      try {
        const announcement = await this.askOne(sentinel, attempt);
        this.prefer(sentinel);
        this.silent.delete(formatAddress(sentinel));
        return announcement;
      } catch (error) {
        if (!(error instanceof EndpointError)) throw error;
        failures.push(error);
        if (this.silent.has(formatAddress(sentinel))) continue;
        this.silent.add(formatAddress(sentinel));
        this.tell({ type: 'silent', address: sentinel, reason: error.message });
      }
    }
    throw this.summarize(failures);
  }

  /** One error for those of all Sentinels. */
  private summarize(failures: readonly EndpointError[]): EndpointError {
    const unknown = failures.find(({ code }) => code === 'ENDPOINT_UNKNOWN_MASTER');
    // What does not pass (a wrong password) matters only if nobody may answer later.
    const isHopeless = failures.every(({ isPassing }) => !isPassing);
    const [first] = failures;
    if (first === undefined) return new EndpointError('ENDPOINT_NO_MASTER', 'no Sentinel is known');
    if (isHopeless) return unknown ?? first;
    const passing = failures.find(({ isPassing }) => isPassing) ?? first;
    if (failures.length === 1) return passing;
    const hint = passing.hint === null ? {} : { hint: passing.hint };
    const text = `none of ${failures.length} Sentinels names a master; ${passing.message}`;
    return new EndpointError('ENDPOINT_NO_MASTER', text, { cause: passing, ...hint });
  }

  private async askOne(sentinel: Address, attempt: Attempt): Promise<Announcement> {
    const connection = await this.dialer.open(sentinel, 'sentinel', attempt);
    try {
      const reply = await connection.ask('SENTINEL', 'MASTER', this.masterName);
      if (reply instanceof ReplyError) throw await this.refusal(reply, connection);
      const fields = pairs(reply);
      const announced = addressIn(fields.get('ip'), fields.get('port'));
      if (announced === null) throw unexpected(connection);
      // While a failover goes on this names the new master before the fields above do.
      const promoted = await connection.ask('SENTINEL', 'get-master-addr-by-name', this.masterName);
      const [host, port] = Array.isArray(promoted) ? (promoted as readonly Reply[]).map(replyText) : [];
      const master = addressIn(host, port) ?? announced;
      const isDown = /(^|,)([so]_down|failover_in_progress|disconnected)(,|$)/.test(fields.get('flags') ?? '');
      await this.learnSentinels(connection);
      return { announced: master, address: this.dialer.endpoint.nat.apply(master), sentinel, isDown };
    } finally {
      connection.close();
    }
  }

  private async refusal(reply: ReplyError, connection: Connection): Promise<EndpointError> {
    const { address } = connection;
    if (/no such master/i.test(reply.message)) {
      const names = await namesOfMasters(connection);
      const known = names.length === 0 ? 'it watches none' : `it watches ${names.join(', ')}`;
      const text = `this Sentinel knows no master '${this.masterName}'; ${known}`;
      return new EndpointError('ENDPOINT_UNKNOWN_MASTER', text, { address });
    }
    if (/unknown command/i.test(reply.message)) {
      const hint = `write redis://${formatAddress(address)}, or the port of a Sentinel, usually 26379`;
      return new EndpointError('ENDPOINT_WRONG_MODE', 'this is a data server, not a Sentinel', { address, hint });
    }
    const code = reply.prefix === 'NOPERM' ? 'ENDPOINT_NOT_PERMITTED' : 'ENDPOINT_NO_MASTER';
    return new EndpointError(code, `the Sentinel answered: ${reply.message}`, { address });
  }

  /** Adds the Sentinels that this one knows. */
  private async learnSentinels(connection: Connection): Promise<void> {
    const reply = await connection.ask('SENTINEL', 'SENTINELS', this.masterName);
    if (!Array.isArray(reply)) return;
    const known = new Set(this.addresses.map(formatAddress));
    for (const entry of reply as readonly Reply[]) {
      const fields = pairs(entry);
      const announced = addressIn(fields.get('ip'), fields.get('port'));
      if (announced === null) continue;
      const address = this.dialer.endpoint.nat.apply(announced);
      if (!known.has(formatAddress(address))) this.addresses.push(address);
    }
  }
}

/** The names of the masters that a Sentinel watches. */
export async function namesOfMasters(connection: Connection): Promise<readonly string[]> {
  const reply = await connection.ask('SENTINEL', 'MASTERS');
  if (!Array.isArray(reply)) return [];
  return (reply as readonly Reply[]).map((entry) => pairs(entry).get('name') ?? '').filter((name) => name !== '');
}

/** Names and values in turns. */
function pairs(reply: Reply): ReadonlyMap<string, string> {
  const texts = Array.isArray(reply) ? (reply as readonly Reply[]).map(replyText) : [];
  const fields = new Map<string, string>();
  for (let i = 0; i + 1 < texts.length; i += 2) fields.set(texts[i] ?? '', texts[i + 1] ?? '');
  return fields;
}

function addressIn(host: string | undefined, port: string | undefined): TcpAddress | null {
  if (!host || port === undefined) return null;
  return { host, port: Number(port) || DEFAULT_PORT };
}

function unexpected(connection: Connection): EndpointError {
  const { address } = connection;
  return new EndpointError('ENDPOINT_PROTOCOL', 'the Sentinel gave an answer that is not understood', { address });
}

/** Who a message of the channel `+switch-master` says is the master now; `null` for other messages and other masters. */
export function switchedMaster(message: Reply, masterName: string): TcpAddress | null {
  if (!Array.isArray(message)) return null;
  const [kind, channel, text] = (message as readonly Reply[]).map(replyText);
  if (kind !== 'message' || channel !== '+switch-master') return null;
  const [name, , , host, port] = (text ?? '').split(' ');
  return name === masterName ? addressIn(host, port) : null;
}
