/**
 * First contact with an endpoint.
 *
 * @module
 */
import { formatAddress } from './address.ts';
import type { Connection } from './connection.ts';
import type { Endpoint } from './endpoint.ts';
import { EndpointError } from './endpoint-error.ts';
import { ClusterTopology } from './internal/cluster-topology.ts';
import { Dialer, type DialerOptions } from './internal/dialer.ts';
import { namesOfMasters } from './internal/sentinel-client.ts';
import { SentinelTopology } from './internal/sentinel-topology.ts';
import { StandaloneTopology } from './internal/standalone-topology.ts';
import { troubleOf } from './internal/topology-base.ts';
import { Patience } from './patience.ts';
import type { Topology, TopologyEvent } from './topology.ts';

/** Options of {@link openTopology}. */
export interface TopologyOptions extends DialerOptions {
  /** How long a target that loads, or fails over, is waited for. */
  readonly patience?: Patience;
  readonly onEvent?: (event: TopologyEvent) => void;
  /**
   * Milliseconds between two questions to Sentinels who the master is.
   * @default 10000
   */
  readonly pollMs?: number;
}

const DEFAULT_POLL_MS = 10_000;

/**
 * Contacts an endpoint and finds its masters. A server that turns out to be a node of a cluster gives the cluster's topology.
 *
 * Waits for a server that loads its dataset and for a failover that goes on; what is merely not there, wrongly named or
 * wrongly spelt fails at once.
 *
 * @throws {EndpointError}
 */
export async function openTopology(endpoint: Endpoint, options: TopologyOptions = {}): Promise<Topology> {
  const { patience = new Patience(), onEvent = () => {}, pollMs = DEFAULT_POLL_MS, ...dialing } = options;
  const told = new Set<string>();
  const warn = (message: string): void => {
    // Each connection finds the same.
    if (!told.has(message)) onEvent({ type: 'warning', message });
    told.add(message);
  };
  const dialer = new Dialer(endpoint, dialing, warn);
  switch (endpoint.kind) {
    case 'sentinel':
      return await opened(new SentinelTopology(dialer, onEvent, pollMs), patience);
    case 'cluster':
      return await opened(new ClusterTopology(dialer, onEvent), patience);
    default:
      break;
  }
  const mode = await visitServer(dialer, patience);
  if (mode !== 'cluster') return new StandaloneTopology(dialer, onEvent);
  if (endpoint.connect !== null) {
    throw new EndpointError('ENDPOINT_WRONG_MODE', 'behind the given stream is a node of a cluster', {
      hint: 'a cluster needs connections to all its masters: give addresses, and --nat where they differ from here',
    });
  }
  return await opened(new ClusterTopology(dialer, onEvent), patience);
}

async function opened<T extends SentinelTopology | ClusterTopology>(topology: T, patience: Patience): Promise<T> {
  try {
    await topology.open(patience);
    return topology;
  } catch (error) {
    topology.close();
    throw error;
  }
}

/** Connects to a single server until it may be written to; returns its mode. */
async function visitServer(dialer: Dialer, patience: Patience): Promise<string | null> {
  const [address] = dialer.endpoint.addresses;
  if (address === undefined) throw new TypeError('an endpoint without an address');
  for (;;) {
    let connection: Connection | null = null;
    let trouble: EndpointError | null;
    try {
      connection = await dialer.openServer(address, { signal: patience.signal, diagnose: true });
      trouble = troubleOf(connection);
      if (connection.peer.mode === 'cluster') return 'cluster';
      if (connection.peer.mode === 'sentinel') trouble = await sentinelNamed(connection);
      if (trouble === null) return connection.peer.mode;
    } catch (error) {
      if (!(error instanceof EndpointError)) throw error;
      trouble = error;
    } finally {
      connection?.close();
    }
    if (trouble.code !== 'ENDPOINT_LOADING' && trouble.code !== 'ENDPOINT_MAX_CLIENTS') throw trouble;
    await patience.wait(trouble.message, trouble);
  }
}

/** The address is a Sentinel's: how to write that. */
async function sentinelNamed(connection: Connection): Promise<EndpointError> {
  const { address } = connection;
  const [name = 'NAME'] = await namesOfMasters(connection);
  const hint = `to restore into the master that it watches, write redis-sentinel://${formatAddress(address)}/${name}`;
  return new EndpointError('ENDPOINT_WRONG_MODE', 'this is a Sentinel, which holds no data', { address, hint });
}
