import { UnpackError, type Unpacker } from '@rdbkit/bytes';
import { CliError } from '../app/cli-error.ts';
import { EXIT } from '../app/exit-code.ts';
import { formatCount } from '../lang/units.ts';
import type { ByteInput } from './byte-input.ts';

/**
 * Unpacks what another input has, a block at a time: what comes out of a compressed byte is never more than a block.
 * Everything before a fault is handed out before the fault is thrown.
 */
export class UnpackedInput implements ByteInput {
  private readonly inner: ByteInput;
  private readonly name: string;
  private readonly format: string;
  private readonly unpacker: Unpacker;
  private isClosed = false;

  /** @param name - The source, for messages. */
  constructor(inner: ByteInput, name: string, format: string, unpacker: Unpacker) {
    this.inner = inner;
    this.name = name;
    this.format = format;
    this.unpacker = unpacker;
  }

  get position(): number {
    return this.inner.position;
  }

  get total(): number | null {
    return this.inner.total;
  }

  read(): Uint8Array | null | Promise<Uint8Array | null> {
    return this.isClosed ? null : (this.unpacked(() => this.unpacker.next()) ?? this.readMore());
  }

  private async readMore(): Promise<Uint8Array | null> {
    for (;;) {
      const chunk = await this.inner.read();
      if (this.isClosed) return null;
      if (chunk === null) {
        this.unpacked(() => this.unpacker.end());
        return null;
      }
      this.unpacker.feed(chunk);
      const bytes = this.unpacked(() => this.unpacker.next());
      if (bytes !== null) return bytes;
    }
  }

  close(): void {
    this.isClosed = true;
    this.inner.close();
  }

  private unpacked<T>(step: () => T): T {
    try {
      return step();
    } catch (error) {
      throw error instanceof UnpackError ? this.describe(error) : error;
    }
  }

  private describe(cause: UnpackError): CliError {
    const details = [`at byte ${formatCount(cause.offset)} of the compressed data [${cause.code}]`];
    const { format, name } = this;
    if (cause.code.endsWith('_TRUNCATED')) {
      const hint = 'it was probably cut off while it was written or copied: compare its size with the original.';
      return new CliError(EXIT.DAMAGED, `the ${format} data of ${name} ends early`, { details, hint, cause });
    }
    const isUnsupported = cause.code.endsWith('_UNSUPPORTED');
    const message = `the ${format} data of ${name} ${isUnsupported ? 'cannot be read' : 'is damaged'}: ${cause.message}`;
    return new CliError(EXIT.DAMAGED, message, { details, hint: `${format} -t checks the file.`, cause });
  }
}
