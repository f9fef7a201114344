import { expect, test } from 'vitest';
import { EndpointError, Patience, type Wait } from './index.ts';

test('waits get longer, and end in an error with what was waited for', async () => {
  const waits: Wait[] = [];
  const patience = new Patience({ retryForMs: 300, onWait: (wait) => waits.push(wait) });
  const cause = new EndpointError('ENDPOINT_REFUSED', 'refused', { hint: 'is it running?' });
  const trying = async (): Promise<never> => {
    for (;;) await patience.wait('nobody is there', cause);
  };
  await expect(trying()).rejects.toMatchObject({
    code: 'ENDPOINT_GAVE_UP',
    message: 'gave up after 0.3 s: nobody is there',
    hint: 'is it running?',
    cause,
    isPassing: false,
  });
  expect(waits.length).toBeGreaterThan(1);
  expect(waits[0]?.delayMs).toBeLessThan(waits[1]?.delayMs ?? 0);
  expect(waits[0]).toMatchObject({ reason: 'nobody is there', sinceMs: 0, remainingMs: 300 });
  expect(waits.reduce((sum, { delayMs }) => sum + delayMs, 0)).toBeLessThan(320);
});

test('progress begins anew', async () => {
  const patience = new Patience({ retryForMs: 100 });
  await patience.wait('a', undefined, 60);
  expect(patience.remainingMs).toBeLessThan(50);
  patience.progress();
  expect(patience.remainingMs).toBe(100);
  await patience.wait('b', undefined, 60);
});

test('a signal ends the wait', async () => {
  const controller = new AbortController();
  const patience = new Patience({ signal: controller.signal });
  const waiting = patience.wait('a', undefined, 10_000);
  controller.abort(new Error('stop'));
  await expect(waiting).rejects.toThrow('stop');
  await expect(patience.wait('b')).rejects.toThrow('stop');
});
