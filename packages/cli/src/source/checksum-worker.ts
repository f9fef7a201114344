/** The other thread of {@link FileChecksum}: sums one file and tells the result. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ChecksumTask } from './file-checksum.ts';
import { sumFile } from './sum-file.ts';
import { SumProducer } from './sum-ring.ts';
import { sumValues } from './sum-values.ts';

const { fd, length, values } = workerData as ChecksumTask;
const end = values === null ? null : sumValues(fd, values.dialect, new SumProducer(values.ring));
const { lo, hi } = end === null ? sumFile(fd, length) : { lo: 0, hi: 0 };
parentPort?.postMessage({ end, lo, hi });
