/**
 * What `CLUSTER SLOTS` and redirections say, read.
 *
 * @module
 */
import { type Reply, replyText } from '@rdbkit/resp';
import type { TcpAddress } from '../address.ts';

export const SLOTS = 16_384;

/** A node as the cluster announces it. */
export interface AnnouncedNode {
  readonly address: TcpAddress;
  /** `null` from servers before 4.0. */
  readonly id: string | null;
}

/** Slots from `first` to `last` and who has them. */
export interface SlotRange {
  readonly first: number;
  readonly last: number;
  readonly master: AnnouncedNode;
  readonly replicas: readonly AnnouncedNode[];
}

/**
 * Reads the answer to `CLUSTER SLOTS`: `[first, last, [host, port, id, …], replica…]…`. A host that is null or empty is the
 * one that was asked. What is not understood is left out.
 */
export function readSlotRanges(reply: Reply, askedHost: string): readonly SlotRange[] {
  const ranges: SlotRange[] = [];
  for (const entry of listOf(reply)) {
    const [first, last, ...nodes] = listOf(entry);
    const [master, ...replicas] = nodes.map((node) => readNode(node, askedHost)).filter((node) => node !== null);
    if (!isSlot(first) || !isSlot(last) || master === undefined) continue;
    ranges.push({ first, last, master, replicas });
  }
  return ranges;
}

function listOf(reply: Reply | undefined): readonly Reply[] {
  return Array.isArray(reply) ? (reply as readonly Reply[]) : [];
}

function isSlot(value: Reply | undefined): value is number {
  return typeof value === 'number' && value >= 0 && value < SLOTS;
}

function readNode(reply: Reply, askedHost: string): AnnouncedNode | null {
  const [host, port, id] = listOf(reply);
  if (typeof port !== 'number') return null;
  const announced = replyText(host);
  // `?` stands for a host that the node itself does not know.
  const isUnknown = announced === '' || announced === '?';
  return { address: { host: isUnknown ? askedHost : announced, port }, id: replyText(id) || null };
}

/** Where `MOVED slot host:port` or `ASK slot host:port` points; `null` for other texts. */
export interface ParsedRedirection {
  readonly isAsk: boolean;
  readonly slot: number;
  /** Empty for the host that answered. */
  readonly host: string;
  readonly port: number;
}

/** Reads an error reply; the host may be empty, a name, or an IPv6 address without brackets. */
export function parseRedirection(text: string): ParsedRedirection | null {
  const match = /^(MOVED|ASK) (\d{1,5}) (\S*):(\d{1,5})$/.exec(text.trimEnd());
  if (match === null) return null;
  const [, kind, slot, host = '', port] = match;
  if (Number(slot) >= SLOTS) return null;
  return { isAsk: kind === 'ASK', slot: Number(slot), host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}
