import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { transform } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { newSumRing, SumConsumer, SumProducer } from './sum-ring.ts';

const ENTRIES = 65_536;

describe('a ring of sums', () => {
  it('knows what was put, once it is known to be there', () => {
    const ring = newSumRing();
    const producer = new SumProducer(ring);
    const consumer = new SumConsumer(ring);
    expect(consumer.find(0, 4, 10)).toBe(false);
    for (let key = 0; key < 100; key++) producer.put(key % 5, key * 3, key, -key);
    expect(consumer.find(90, 0, 270)).toBe(true);
    expect([consumer.lo, consumer.hi]).toEqual([90, -90]);
    expect(consumer.find(99, 4, 297)).toBe(false);
    producer.finish();
    expect(consumer.find(99, 4, 297)).toBe(true);
    expect(consumer.find(100, 0, 300)).toBe(false);
  });

  it('does not know another value than the one that was put', () => {
    const ring = newSumRing();
    const producer = new SumProducer(ring);
    producer.put(4, 10, 1, 2);
    producer.pass();
    producer.finish();
    const consumer = new SumConsumer(ring);
    expect(consumer.find(0, 4, 11)).toBe(false);
    expect(consumer.find(0, 5, 10)).toBe(false);
    expect(consumer.find(1, 0, 0)).toBe(false);
    expect(consumer.find(0, 4, 10)).toBe(true);
  });

  it('goes round, and tells which sums nobody wants any more', () => {
    const ring = newSumRing();
    const producer = new SumProducer(ring);
    const consumer = new SumConsumer(ring);
    for (let round = 0; round < 5; round++) {
      const first = round * (ENTRIES - 16);
      consumer.passed(first);
      for (let i = 0; i < ENTRIES - 16; i++) producer.put(1, i, round, i);
      producer.finish();
      for (const i of [0, 1, 40_000, ENTRIES - 17]) {
        expect(consumer.find(first + i, 1, i)).toBe(true);
        expect([consumer.lo, consumer.hi]).toEqual([round, i]);
      }
    }
    consumer.passed(5 * ENTRIES);
    for (let i = 0; i < 32; i++) producer.pass();
    expect(producer.isWanted).toBe(false);
  });

  it.each([
    ['keys are passed', (consumer: SumConsumer) => consumer.passed(ENTRIES)],
    ['the ring is closed', (consumer: SumConsumer) => consumer.close()],
  ])('makes its producer wait until %s', async (_, release) => {
    const ring = newSumRing();
    const source = readFileSync(new URL('./sum-ring.ts', import.meta.url), 'utf8');
    const module = `data:text/javascript,${encodeURIComponent((await transform(source, { loader: 'ts' })).code)}`;
    const code = `
      const { parentPort, workerData } = require('node:worker_threads');
      import(workerData.module).then(({ SumProducer }) => {
        const producer = new SumProducer(workerData.ring);
        for (let key = 0; key < 2 * ${ENTRIES} - 32; key++) {
          if (key === ${ENTRIES} - 32) parentPort.postMessage('nearly full');
          producer.put(0, key, 0, 0);
        }
        parentPort.postMessage('done');
      });`;
    const worker = new Worker(code, { eval: true, workerData: { ring, module } });
    try {
      const said: unknown[] = [];
      const messages = new Promise<void>((resolve, reject) => {
        worker.on('error', reject);
        worker.on('message', (message) => {
          said.push(message);
          if (message === 'done') resolve();
        });
      });
      await expect.poll(() => said.length, { timeout: 20_000 }).toBe(1);
      await new Promise((resolve) => {
        setTimeout(resolve, 200);
      });
      expect(said).toEqual(['nearly full']);
      release(new SumConsumer(ring));
      await messages;
      expect(said).toEqual(['nearly full', 'done']);
    } finally {
      await worker.terminate();
    }
  });
});
