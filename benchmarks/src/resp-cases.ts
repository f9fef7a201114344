/** Cases of the output buffer. */
import { RespBuffer } from '@rdbkit/resp';
import type { FunctionCase } from './case.ts';

const MIB = 1024 * 1024;
const SOURCE_BYTES = 64 * 1024;

/** Copies a string of one length again and again, from everywhere in a source like the reader's window. */
function copyCase(stringBytes: number): FunctionCase {
  return {
    kind: 'function',
    name: `resp/copy-${stringBytes}`,
    title: `copying 128 MiB in strings of ${stringBytes} bytes`,
    datasets: [],
    prepare() {
      const source = new Uint8Array(SOURCE_BYTES).fill(0x61);
      const buffer = new RespBuffer();
      return () => {
        let bytes = 0;
        while (bytes < 128 * MIB) {
          for (let at = 0; at + stringBytes <= SOURCE_BYTES - 8; at += stringBytes) {
            buffer.copy(source, at, at + stringBytes);
            bytes += stringBytes;
          }
          buffer.pos = 0;
        }
        return bytes;
      };
    },
  };
}

/** A loop over bytes, strides through views, and the engine's own copying: one length for each. */
export const RESP_CASES: readonly FunctionCase[] = [copyCase(8), copyCase(100), copyCase(2000)];
