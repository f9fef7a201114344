/** Streams in an older layout: the nodes stay as they are, what stands behind them is written anew. */
import type { Int64 } from '@rdbkit/bytes';
import { RdbVisitorBase, type StreamGroup, type StreamIdmp, type StreamInfo } from '@rdbkit/rdb';
import { PayloadWriter } from './payload-writer.ts';
import { indexByOwner, type OwnerIndex } from './stream-parts.ts';

/** The type codes of the layouts 1 to 5. */
export const STREAM_TYPES: readonly number[] = [15, 19, 21, 26, 27];

const UNKNOWN = 0xffff_ffff_ffff_ffffn;
const ID_BYTES = 16;

/** Takes the calls for a stream at level `packed` and builds its value in `payload`. */
export class StreamTranscoder extends RdbVisitorBase {
  readonly payload: PayloadWriter = new PayloadWriter(64 * 1024);
  /** 1 for type 15 … 5 for type 27. */
  private layout = 1;
  private nodesAt = 0;
  private nodes = 0;
  private groupsAt = 0;
  private groups = 0;
  private hasIdmp = false;

  start(typeCode: number): void {
    this.layout = STREAM_TYPES.indexOf(typeCode) + 1;
    this.payload.pos = 0;
    this.nodes = 0;
    this.groups = 0;
    this.hasIdmp = false;
  }

  /** After the stream. */
  finish(): void {
    this.payload.patchLength(this.groupsAt, this.groups);
    if (this.layout >= 4 && !this.hasIdmp)
      this.streamIdmp({ durationSeconds: 100, maxEntries: 100, producers: [], iidsAdded: 0, iidsDuplicates: 0 });
  }

  override streamStart(): void {
    this.nodesAt = this.payload.openLength();
  }

  override streamNode(ms: Int64, seq: Int64, bytes: Uint8Array, start: number, end: number): void {
    const { payload } = this;
    payload.length(ID_BYTES);
    payload.id(ms, seq);
    payload.string(bytes, start, end);
    this.nodes++;
  }

  override streamInfo(info: StreamInfo): void {
    const { payload } = this;
    payload.patchLength(this.nodesAt, this.nodes);
    payload.length(info.length);
    this.pair(info.lastMs, info.lastSeq);
    if (this.layout >= 2) {
      this.pair(info.firstMs ?? 0, info.firstSeq ?? 0);
      this.pair(info.maxDeletedMs ?? 0, info.maxDeletedSeq ?? 0);
      payload.length(info.entriesAdded ?? info.length);
    }
    this.groupsAt = payload.openLength();
  }

  override streamGroup(group: StreamGroup): void {
    const { payload, layout } = this;
    const { pending, consumers } = group;
    this.groups++;
    payload.string(group.name, 0, group.name.length);
    this.pair(group.lastMs, group.lastSeq);
    if (layout >= 2) payload.length(group.entriesRead ?? UNKNOWN);

    const owners = indexByOwner(group);
    const keepsUnowned = layout >= 5;
    payload.length(keepsUnowned ? pending.count : (owners.starts[consumers.length] as number));
    for (let i = 0; i < pending.count; i++) {
      if ((pending.owner[i] as number) < 0 && !keepsUnowned) continue;
      payload.copy(pending.ids, i * ID_BYTES, (i + 1) * ID_BYTES);
      payload.u64(pending.deliveredAtMs[i] as bigint);
      payload.length(pending.deliveryCount[i] as bigint);
    }
    payload.length(consumers.length);
    consumers.forEach((consumer, owner) => {
      payload.string(consumer.name, 0, consumer.name.length);
      payload.u64(consumer.seenMs);
      if (layout >= 3) payload.u64(consumer.activeMs ?? consumer.seenMs);
      this.ids(group, owners, owner);
    });
    if (keepsUnowned) this.ids(group, owners, consumers.length);
  }

  private ids({ pending }: StreamGroup, { order, starts }: OwnerIndex, owner: number): void {
    const from = starts[owner] as number;
    const to = starts[owner + 1] as number;
    this.payload.length(to - from);
    for (let n = from; n < to; n++) {
      const i = order[n] as number;
      this.payload.copy(pending.ids, i * ID_BYTES, (i + 1) * ID_BYTES);
    }
  }

  override streamIdmp(idmp: StreamIdmp): void {
    if (this.layout < 4) return;
    this.hasIdmp = true;
    const { payload } = this;
    payload.length(idmp.durationSeconds);
    payload.length(idmp.maxEntries);
    payload.length(idmp.producers.length);
    for (const { id, entries } of idmp.producers) {
      payload.string(id, 0, id.length);
      payload.length(entries.length);
      for (const { iid, ms, seq } of entries) {
        payload.string(iid, 0, iid.length);
        this.pair(ms, seq);
      }
    }
    payload.length(idmp.iidsAdded);
    payload.length(idmp.iidsDuplicates);
  }

  private pair(ms: Int64, seq: Int64): void {
    this.payload.length(ms);
    this.payload.length(seq);
  }
}
