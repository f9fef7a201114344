/** Keys and memory by hash slot. */
import { keySlot } from '@rdbkit/bytes';
import type { SlotFacts } from '../inspection-report.ts';

const SLOTS = 16384;
const RANGES = 16;
const HEAVIEST = 10;

export class SlotSums {
  private readonly keys = new Float64Array(SLOTS);
  private readonly memory = new Float64Array(SLOTS);

  add(bytes: Uint8Array, start: number, end: number, memory: number): void {
    const slot = keySlot(bytes, start, end);
    this.keys[slot] = (this.keys[slot] as number) + 1;
    this.memory[slot] = (this.memory[slot] as number) + memory;
  }

  facts(): SlotFacts {
    const all = Array.from(this.keys, (keys, slot) => ({ slot, keys, memory: this.memory[slot] as number }));
    const used = all.filter(({ keys }) => keys > 0);
    const total = (part: readonly { keys: number; memory: number }[]): { keys: number; memory: number } => ({
      keys: part.reduce((sum, { keys }) => sum + keys, 0),
      memory: part.reduce((sum, { memory }) => sum + memory, 0),
    });
    const { keys, memory } = total(used);
    const heaviest = used.toSorted((a, b) => b.memory - a.memory || a.slot - b.slot).slice(0, HEAVIEST);
    const width = SLOTS / RANGES;
    return {
      used: used.length,
      meanKeys: keys / SLOTS,
      meanMemory: memory / SLOTS,
      skew: memory === 0 ? 0 : ((heaviest[0]?.memory ?? 0) * SLOTS) / memory,
      heaviest,
      ranges: Array.from({ length: RANGES }, (_, i) => ({
        first: i * width,
        last: (i + 1) * width - 1,
        ...total(all.slice(i * width, (i + 1) * width)),
      })),
    };
  }
}
