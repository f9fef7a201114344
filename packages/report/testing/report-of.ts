/**
 * Reports on dumps, made as a program would make them.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { adviceFor, Inspection, type InspectionOptions } from '@rdbkit/inspect';
import { readRdbSync } from '@rdbkit/rdb';
import { type ReportData, reportData } from '../src/report-data.ts';
import { reportHtml } from '../src/report-html.ts';

const REPORTED_AT = Date.UTC(2026, 1, 1, 8, 30, 0);

/** Bundles the page as it stands in the sources. */
export function bundlePage(): void {
  execFileSync(process.execPath, [fileURLToPath(new URL('../bundle.mjs', import.meta.url))]);
}

/** The data of a report. */
export function dataOf(dump: Uint8Array, options: InspectionOptions = {}): ReportData {
  const inspection = new Inspection({ top: 1000, slots: true, nowMs: REPORTED_AT, ...options });
  const { checksum } = readRdbSync(dump, inspection);
  const report = inspection.report();
  return reportData({
    report,
    advice: adviceFor(report),
    title: 'shop.rdb',
    generator: 'rdbkit 0.1.0',
    generatedAtMs: REPORTED_AT,
    damage: null,
    isPart: false,
    notes: [],
    bytes: dump.length,
    checksum: `checksum ${checksum}`,
    show: showName,
    assumptions: ['the server has loaded the dump'],
  });
}

/** The file. */
export function htmlOf(dump: Uint8Array, changes: Partial<ReportData> = {}): Promise<string> {
  return reportHtml({ ...dataOf(dump), ...changes });
}

/** Names as they are: the page has to bear them. What is no text is shown byte by byte. */
function showName(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
  }
}
