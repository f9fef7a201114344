/**
 * The HTML file: the page, and the data that it shows, compressed.
 *
 * @module
 */
import type { ReportData } from './report-data.ts';

/**
 * Puts a report together. The file needs nothing but itself, and its policy forbids browsers to load anything or to run
 * any other script, whatever names a dump holds.
 *
 * @example
 * ```ts
 * import { adviceFor, Inspection } from '@rdbkit/inspect';
 * import { readRdbSync } from '@rdbkit/rdb';
 * import { reportData, reportHtml } from '@rdbkit/report';
 * const inspection = new Inspection({ top: 1000 });
 * const { checksum } = readRdbSync(bytes, inspection);
 * const report = inspection.report();
 * const data = reportData({
 *   report,
 *   advice: adviceFor(report),
 *   title: 'dump.rdb',
 *   generator: 'my program',
 *   generatedAtMs: Date.now(),
 *   damage: null,
 *   isPart: false,
 *   notes: [],
 *   bytes: bytes.length,
 *   checksum,
 *   show: (name) => JSON.stringify(new TextDecoder().decode(name)),
 *   assumptions: [],
 * });
 * const html = await reportHtml(data);
 * console.log(html.startsWith('<!doctype html>'), html.length < 100_000); // true true
 * ```
 */
export async function reportHtml(data: ReportData): Promise<string> {
  const page = await import('#page');
  const script = page.script.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
  const style = page.style.replaceAll('</', '<\\/');
  const packed = await compress(new TextEncoder().encode(JSON.stringify(data)));
  const policy = [
    "default-src 'none'",
    `script-src ${await sourceHash(script)}`,
    `style-src ${await sourceHash(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy.join('; ')}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${escapeText(data.title)} · rdbkit</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<noscript>This report needs JavaScript to unpack its data.</noscript>
<div id="page"></div>
<script type="application/octet-stream" id="data">${base64(packed)}</script>
<script>${script}</script>
</body>
</html>
`;
}

async function compress(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** What a policy calls the text of a script or a style sheet. */
async function sourceHash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return `'sha256-${base64(new Uint8Array(digest))}'`;
}

const CHUNK = 0x2000;

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
