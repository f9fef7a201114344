/** The other thread of {@link FileChecksum}: sums one file and tells the result. */
import { parentPort, workerData } from 'node:worker_threads';
import { sumFile } from './sum-file.ts';

const { fd, length } = workerData as { readonly fd: number; readonly length: number };
const { lo, hi } = sumFile(fd, length);
parentPort?.postMessage({ lo, hi });
