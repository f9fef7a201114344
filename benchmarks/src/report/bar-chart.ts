/** Bar charts as SVG that can be read on light and on dark pages. */
import { asSeconds, type Entry } from './find.ts';

const WIDTH = 760;
const LABEL_WIDTH = 330;
const VALUE_WIDTH = 90;
const ROW = 26;
const BAR = 16;
const TOP = 34;
const STYLE = `
  text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #24292f }
  .title { font-weight: 600 }
  .code { font-family: ui-monospace, 'DejaVu Sans Mono', monospace; font-size: 12px }
  .value { font-variant-numeric: tabular-nums }
  .ours { fill: #0969da }
  .theirs { fill: #afb8c1 }
  .spread { stroke: #24292f; stroke-width: 1 }
  .axis { stroke: #d0d7de; stroke-width: 1 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .ours { fill: #58a6ff }
    .theirs { fill: #57606a }
    .spread { stroke: #e6edf3 }
    .axis { stroke: #30363d }
  }
`;

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** What stands between backquotes is code. */
function markUp(text: string): string {
  return escape(text).replaceAll(/`([^`]*)`/g, '<tspan class="code">$1</tspan>');
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** A bar for each that was measured: its median, with smallest and largest run. */
export function barChart(title: string, entries: readonly Entry[]): string {
  const bars = entries.flatMap(({ label, isOurs, result }) => (result === null ? [] : [{ label, isOurs, result }]));
  const most = Math.max(...bars.map(({ result }) => result.maxSeconds));
  const scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / most;
  const height = TOP + bars.length * ROW + 8;
  const parts = bars.map(({ label, isOurs, result }, i) => {
    const { medianSeconds, minSeconds, maxSeconds } = result;
    const y = TOP + i * ROW;
    const middle = y + BAR / 2;
    const [from, to] = [LABEL_WIDTH + minSeconds * scale, LABEL_WIDTH + maxSeconds * scale];
    return [
      `<text x="${LABEL_WIDTH - 10}" y="${middle + 4.5}" text-anchor="end"${isOurs ? ' class="title"' : ''}>${markUp(label)}</text>`,
      `<rect class="${isOurs ? 'ours' : 'theirs'}" x="${LABEL_WIDTH}" y="${y}" width="${round(Math.max(1, medianSeconds * scale))}" height="${BAR}" rx="2"/>`,
      `<path class="spread" d="M${round(from)} ${middle}H${round(to)}M${round(from)} ${middle - 3}v6M${round(to)} ${middle - 3}v6"/>`,
      `<text class="value" x="${round(to + 8)}" y="${middle + 4.5}">${asSeconds(medianSeconds)}</text>`,
    ].join('\n');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escape(title)}">
<style>${STYLE}</style>
<text class="title" x="0" y="15">${markUp(title)}</text>
<path class="axis" d="M${LABEL_WIDTH - 0.5} ${TOP - 6}V${height - 4}"/>
${parts.join('\n')}
</svg>
`;
}
