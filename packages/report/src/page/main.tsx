/**
 * The page of a report: unpacks the data that the file carries, and shows it.
 *
 * @module
 */
import { render } from 'preact';
import type { ReportData } from '../report-data.ts';
import { App } from './app.tsx';

async function start(): Promise<void> {
  const place = document.getElementById('page');
  const carrier = document.getElementById('data');
  if (place === null || carrier === null) return;
  try {
    const data = await unpack(carrier.textContent ?? '');
    carrier.remove();
    render(<App data={data} />, place);
  } catch (error) {
    place.textContent = `The data of this report could not be unpacked (${String(error)}). A browser of 2023 or later can.`;
  }
}

async function unpack(base64: string): Promise<ReportData> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return (await new Response(stream).json()) as ReportData;
}

void start();
