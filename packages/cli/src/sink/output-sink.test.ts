import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { OutputClosed } from '../app/cli-error.ts';
import { openOutputFile, StreamSink } from './output-sink.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-sink-'));
afterAll(() => rmSync(folder, { recursive: true }));

const released: Uint8Array[] = [];
const release = (view: Uint8Array): void => void released.push(view);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const path = join(folder, 'out.resp');

beforeEach(() => {
  released.length = 0;
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
});

describe('openOutputFile', () => {
  it('shows the file only when it is finished', async () => {
    const sink = openOutputFile(path, undefined, release);
    const view = bytes('abc');
    await sink.write(view);
    expect(released).toEqual([view]);
    expect(existsSync(path)).toBe(false);
    await sink.write(bytes('def'));
    await sink.finish();
    sink.abort();
    expect(readFileSync(path, 'utf8')).toBe('abcdef');
    expect(readdirSync(folder)).toEqual(['out.resp']);
  });

  it('leaves what was there when it is given up', async () => {
    writeFileSync(path, 'old');
    const sink = openOutputFile(path, undefined, release);
    await sink.write(bytes('new'));
    sink.abort();
    sink.abort();
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['out.resp']);
  });

  it('keeps the mode of the file and the link to it', async () => {
    const real = join(folder, 'real.resp');
    writeFileSync(real, 'old');
    chmodSync(real, 0o600);
    symlinkSync(real, path);
    const sink = openOutputFile(path, undefined, release);
    await sink.write(bytes('new'));
    await sink.finish();
    expect(readFileSync(real, 'utf8')).toBe('new');
    expect(statSync(real).mode & 0o777).toBe(0o600);
  });

  it('does not rename over a device', async () => {
    const sink = openOutputFile('/dev/null', undefined, release);
    await sink.write(bytes('abc'));
    await sink.finish();
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it('refuses the source, a folder, and a place that is not there', () => {
    writeFileSync(path, 'dump');
    const link = join(folder, 'link');
    symlinkSync(path, link);
    expect(() => openOutputFile(path, link, release)).toThrow('source itself');
    expect(() => openOutputFile(folder, undefined, release)).toThrow('is a directory');
    expect(() => openOutputFile(join(folder, 'no', 'where'), undefined, release)).toThrow('no such file or directory');
  });
});

describe('StreamSink', () => {
  it('has one view under way and releases it when it was taken', async () => {
    const finish: (() => void)[] = [];
    const taken: string[] = [];
    const stream = new Writable({
      write(chunk: Buffer, _encoding, callback) {
        taken.push(chunk.toString());
        finish.push(callback);
      },
    });
    const sink = new StreamSink(stream, 'pipe', release);
    await sink.write(bytes('one'));
    let second = false;
    const waiting = sink.write(bytes('two')).then(() => {
      second = true;
    });
    await new Promise(setImmediate);
    expect([taken, released.length, second]).toEqual([['one'], 0, false]);
    finish[0]?.();
    await waiting;
    expect([taken, released.length]).toEqual([['one', 'two'], 1]);
    finish[1]?.();
    await sink.finish();
    expect(released.length).toBe(2);
  });

  it('tells a closed reader from other failures', async () => {
    for (const [code, expected] of [
      ['EPIPE', OutputClosed],
      ['ENOSPC', Error],
    ] as const) {
      const stream = new PassThrough();
      const sink = new StreamSink(stream, 'pipe', release);
      stream.destroy(Object.assign(new Error(`${code}: text, write`), { code }));
      await new Promise(setImmediate);
      await expect(sink.write(bytes('x'))).rejects.toThrow(expected);
      await expect(sink.finish()).rejects.toMatchObject({ name: expected === Error ? 'CliError' : 'OutputClosed' });
    }
  });
});
