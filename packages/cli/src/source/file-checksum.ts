/**
 * The checksum of a file, and those of the values in it, computed beside everything else.
 *
 * Summing takes about a seventh of the time of `rdb2resp`, twice that when it writes `RESTORE`, and needs nothing but the file: another
 * thread does it while this one decodes (cases `rdb2resp/plain` and `rdb2resp/restore`).
 *
 * @module
 */
import { Buffer } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { Crc64 } from '@rdbkit/bytes';
import { compareChecksum, type Dialect } from '@rdbkit/rdb';
import { statDescriptor } from '../app/descriptor.ts';
import { sumFile } from './sum-file.ts';
import { newSumRing, SumConsumer } from './sum-ring.ts';

/** A smaller file is summed in less time than a thread takes to start. */
const WORTH_A_THREAD_BYTES = 32 * 1024 * 1024;

const CHECKSUM_BYTES = 8;

/** What the other thread is to do. */
export interface ChecksumTask {
  readonly fd: number;
  /** Bytes before the checksum, if that is the file's end. */
  readonly length: number;
  /** Where the sums of values go; `null` when nobody wants any. */
  readonly values: { readonly ring: SharedArrayBuffer; readonly dialect: Dialect | null } | null;
}

/** What it found. */
interface Found {
  /** Where the RDB ends, if its checksum has been verified. */
  readonly end: number | null;
  /** Otherwise the sum of `length` bytes. */
  readonly lo: number;
  readonly hi: number;
}

/** Beside the sum of a file those of the values in it. */
export interface ValueWish {
  /** The dialect to read the file as, `null` for what it says of itself. */
  readonly dialect: Dialect | null;
}

/** A file that is being summed, all of it but the checksum at its end. */
export class FileChecksum {
  /** The sums of its values, as far as they are there; `null` when they were not wanted. */
  readonly values: SumConsumer | null;
  private readonly fd: number;
  private readonly size: number;
  private readonly worker: Worker;
  /** Null when the thread failed. */
  private readonly found: Promise<Found | null>;

  private constructor(fd: number, size: number, wish: ValueWish | null) {
    this.fd = fd;
    this.size = size;
    const ring = wish === null ? null : newSumRing();
    this.values = ring === null ? null : new SumConsumer(ring);
    const values = wish === null || ring === null ? null : { ring, dialect: wish.dialect };
    const workerData: ChecksumTask = { fd, length: size - CHECKSUM_BYTES, values };
    this.worker = new Worker(new URL('./checksum-worker.js', import.meta.url), { workerData });
    this.worker.unref();
    this.found = new Promise((resolve) => {
      this.worker.once('message', resolve);
      this.worker.once('error', () => resolve(null));
      this.worker.once('exit', () => resolve(null));
    });
  }

  /**
   * Begins to sum a file.
   *
   * @param fd - The file as it is being read. It is opened once more, because it may be closed before the other thread is done.
   * @param wish - Whether the sums of values are wanted, too.
   * @returns `null` for what is no file, or too small to be worth it.
   */
  static start(path: string, fd: number, wish: ValueWish | null = null): FileChecksum | null {
    const stat = statDescriptor(fd);
    if (!stat.isFile() || stat.size < WORTH_A_THREAD_BYTES) return null;
    const own = openSync(path, 'r');
    const { dev, ino } = statDescriptor(own);
    if (dev === stat.dev && ino === stat.ino) return new FileChecksum(own, Number(stat.size), wish);
    // Another file has got the name in between.
    closeSync(own);
    return null;
  }

  /**
   * Waits for the sum and compares it with the checksum that ends at `end`, in bytes from the start of the file.
   *
   * @throws {RdbChecksumError} when they differ.
   */
  async verify(end: number): Promise<void> {
    this.values?.close();
    const found = end === this.size || this.values !== null ? await this.found : null;
    if (found?.end === end) return;
    const offset = end - CHECKSUM_BYTES;
    // Without the thread, or when the dump ends before the file does, it is done here.
    const isWhole = found !== null && found.end === null && end === this.size;
    const computed = isWhole ? Object.assign(new Crc64(), { lo: found.lo, hi: found.hi }) : sumFile(this.fd, offset);
    const stored = Buffer.alloc(CHECKSUM_BYTES);
    readSync(this.fd, stored, 0, CHECKSUM_BYTES, offset);
    compareChecksum(stored, computed, offset);
  }

  /** Ends the thread, whether it is done or not. */
  async close(): Promise<void> {
    await this.worker.terminate();
    closeSync(this.fd);
  }
}
