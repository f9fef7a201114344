/** What LZ4 and zstd frames have in common: frames one after the other, some of which are to be skipped. */
import { UnpackError, type Unpacker } from '../unpacker.ts';
import { Window } from '../window.ts';

/** `null`: more input is needed. */
export type Steps<T = void> = Generator<Uint8Array | null, T, undefined>;

const SKIPPABLE_MAGIC = 0x184d2a50;
const SKIPPABLE_MASK = 0xfffffff0;

export abstract class FrameUnpacker implements Unpacker {
  protected readonly input: Window = new Window();
  private readonly format: string;
  private readonly magic: number;
  private readonly steps: Steps;
  /** Inside a frame, or before the first one. */
  private isOpen = true;

  /** @param format - In messages and, as capitals, in codes. */
  constructor(format: string, magic: number) {
    this.format = format;
    this.magic = magic;
    this.steps = this.frames();
  }

  feed(bytes: Uint8Array): void {
    this.input.feed(bytes, 0, bytes.length);
  }

  next(): Uint8Array | null {
    return this.steps.next().value ?? null;
  }

  end(): void {
    const { input } = this;
    if (!this.isOpen && input.available === 0) return;
    const read = input.offset + input.available;
    throw this.error('TRUNCATED', `the ${this.format} data ends after ${read} bytes, within a frame`, read);
  }

  /** Everything of a frame behind its magic number. */
  protected abstract frame(): Steps;

  private *frames(): Steps {
    const { input } = this;
    for (;;) {
      yield* this.need(4);
      const at = input.offset;
      this.isOpen = true;
      const magic = input.view.getUint32(input.pos, true);
      input.pos += 4;
      if (magic === this.magic) yield* this.frame();
      else if ((magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC) yield* this.skippableFrame();
      else throw this.error('BAD_FRAME', `expected a ${this.format} frame, found 0x${magic.toString(16)}`, at);
      this.isOpen = false;
    }
  }

  private *skippableFrame(): Steps {
    const { input } = this;
    yield* this.need(4);
    let left = input.view.getUint32(input.pos, true);
    input.pos += 4;
    while (left > 0) {
      if (input.available === 0) yield null;
      const step = Math.min(left, input.available);
      input.pos += step;
      left -= step;
    }
  }

  /** Waits until so many bytes stand in the window. */
  protected *need(count: number): Steps {
    while (this.input.available < count) yield null;
  }

  protected error(code: string, message: string, offset: number = this.input.offset): UnpackError {
    return new UnpackError(`${this.format.toUpperCase()}_${code}`, message, offset);
  }
}
