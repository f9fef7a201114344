import { createGunzip, type Gunzip } from 'node:zlib';
import { CliError, errorCode, systemMessage } from '../app/cli-error.ts';
import { EXIT } from '../app/exit-code.ts';
import { formatCount } from '../lang/units.ts';
import type { ByteInput } from './byte-input.ts';

/** Compressed bytes that are unpacked at a time: at most a thousandfold of this waits in memory, four times is usual. */
const PIECE_BYTES = 32 * 1024;
const OUTPUT_BYTES = 128 * 1024;

/**
 * Unpacks gzip, with one or several members. While the caller works on a piece the next one is being unpacked.
 *
 * Everything that was unpacked before a fault is handed out before the fault is thrown: the pieces are collected here,
 * since a Node stream drops what it holds when it fails.
 */
export class GunzipInput implements ByteInput {
  private readonly inner: ByteInput;
  private readonly name: string;
  private readonly gunzip: Gunzip = createGunzip({ chunkSize: OUTPUT_BYTES });
  private readonly ready: Uint8Array[] = [];
  private chunk: Uint8Array | null = null;
  private chunkPos = 0;
  private working: Promise<void> | null = null;
  private done = false;
  private failure: Error | null = null;
  private settle: () => void = () => {};

  constructor(inner: ByteInput, name: string) {
    this.inner = inner;
    this.name = name;
    this.gunzip.on('data', (bytes: Uint8Array) => this.ready.push(bytes));
    this.gunzip.on('error', (error) => {
      this.failure ??= this.describe(error);
    });
    for (const event of ['end', 'close'] as const) {
      this.gunzip.on(event, () => {
        this.done = true;
        this.settle();
      });
    }
  }

  get position(): number {
    return this.inner.position;
  }

  get total(): number | null {
    return this.inner.total;
  }

  async read(): Promise<Uint8Array | null> {
    while (this.ready.length === 0 && !this.done) {
      this.working ??= this.unpackMore();
      await this.working;
      this.working = null;
    }
    const bytes = this.ready.shift();
    if (bytes === undefined) {
      if (this.failure !== null) throw this.failure;
      return null;
    }
    if (this.ready.length === 0 && !this.done) this.working ??= this.unpackMore();
    return bytes;
  }

  close(): void {
    this.done = true;
    this.gunzip.destroy();
    this.inner.close();
    this.settle();
  }

  /** Hands one piece to the decompressor and waits until all that is in it has come out. Never rejects. */
  private async unpackMore(): Promise<void> {
    try {
      if (this.chunk === null || this.chunkPos === this.chunk.length) {
        this.chunk = await this.inner.read();
        this.chunkPos = 0;
      }
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
      this.done = true;
      return;
    }
    if (this.done) return;
    const { chunk, chunkPos } = this;
    await new Promise<void>((resolve) => {
      this.settle = resolve;
      if (chunk === null) {
        this.gunzip.end();
      } else {
        this.chunkPos = Math.min(chunk.length, chunkPos + PIECE_BYTES);
        this.gunzip.write(chunk.subarray(chunkPos, this.chunkPos), () => resolve());
      }
    });
  }

  private describe(error: Error): CliError {
    const details = [`after ${formatCount(this.position)} compressed bytes`];
    if (errorCode(error) === 'Z_BUF_ERROR') {
      const hint = 'it was probably cut off while it was written or copied: compare its size with the original.';
      return new CliError(EXIT.DAMAGED, `the gzip data of ${this.name} ends early`, { details, hint, cause: error });
    }
    const message = `the gzip data of ${this.name} is damaged: ${systemMessage(error)}`;
    const hint = 'gzip -t checks the file; a copy through a text-mode transfer damages it like this.';
    return new CliError(EXIT.DAMAGED, message, { details, hint, cause: error });
  }
}
