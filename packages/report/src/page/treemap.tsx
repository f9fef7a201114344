/**
 * A map of prefixes: areas are shares of the chosen measure. It can be walked through by keys and zoomed.
 *
 * @module
 */
import { type HierarchyRectangularNode, hierarchy, treemap, treemapSquarify } from 'd3-hierarchy';
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { share } from './format.ts';
import type { Prefix } from './prefix.ts';

interface Props {
  /** What is shown as a whole. */
  readonly of: Prefix;
  readonly measureOf: (prefix: Prefix) => number;
  readonly describe: (prefix: Prefix) => string;
  readonly figure: (prefix: Prefix) => string;
  /** The prefix that is pointed at here or beside the map. */
  readonly pointed: Prefix | null;
  readonly onPoint: (prefix: Prefix | null) => void;
  readonly onZoom: (prefix: Prefix) => void;
  readonly onBack: () => void;
}

type Cell = HierarchyRectangularNode<Prefix>;

const LEVELS = 3;
const GAP = 2;
const TITLE_HEIGHT = 20;
const LEAST_TITLE_WIDTH = 48;
const LEAST_TITLE_HEIGHT = 44;
const LEAST_LABEL_WIDTH = 40;
const LEAST_LABEL_HEIGHT = 18;
const LEAST_FIGURE_WIDTH = 76;
const TWO_LINES = 36;
const LEAST_SIDE = 2;

export function Treemap(props: Props): JSX.Element {
  const { of, measureOf, describe, figure, pointed, onPoint, onZoom, onBack } = props;
  const frame = useRef<HTMLDivElement>(null);
  const [width, height] = useSize(frame);
  const cells = useMemo(() => layOut(of, measureOf, width, height), [of, measureOf, width, height]);
  const top = cells.filter(({ depth }) => depth === 1);

  // One cell can be reached by Tab, the arrows lead to the others.
  const [current, setCurrent] = useState<string | null>(null);
  const reachable = top.find(({ data }) => data.id === current) ?? top[0];
  const takesFocus = useRef(false);
  const cameFrom = useRef<string | null>(null);
  useEffect(() => {
    if (!takesFocus.current) return;
    takesFocus.current = false;
    const back = top.find(({ data }) => data.id === cameFrom.current) ?? top[0];
    if (back === undefined) return;
    setCurrent(back.data.id);
    focusCell(back.data.id);
  }, [of]);

  const focusCell = (id: string): void =>
    frame.current?.querySelector<HTMLElement>(`[data-cell="${CSS.escape(id)}"]`)?.focus();

  const zoom = (prefix: Prefix, byKey: boolean): void => {
    if (prefix.below.length === 0) return;
    takesFocus.current = byKey;
    cameFrom.current = null;
    onZoom(prefix);
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || reachable === undefined) return;
    const direction = DIRECTIONS[event.key];
    if (direction !== undefined) {
      const next = neighbour(reachable, top, direction);
      if (next !== undefined) {
        setCurrent(next.data.id);
        focusCell(next.data.id);
      }
    } else if (event.key === 'Home' || event.key === 'End') {
      const next = event.key === 'Home' ? top[0] : top.at(-1);
      if (next !== undefined) {
        setCurrent(next.data.id);
        focusCell(next.data.id);
      }
    } else if (event.key === 'Enter' || event.key === ' ') {
      zoom(reachable.data, true);
    } else if ((event.key === 'Escape' || event.key === 'Backspace') && of.above !== null) {
      takesFocus.current = true;
      cameFrom.current = of.id;
      onBack();
    } else {
      return;
    }
    event.preventDefault();
  };

  return (
    <div
      ref={frame}
      class="map"
      role="group"
      aria-label="Map of prefixes. Arrow keys move, Enter zooms in, Escape zooms out."
      onKeyDown={onKeyDown}
      onPointerLeave={() => onPoint(null)}
    >
      {cells.map((cell) => {
        const { data, depth } = cell;
        const [cellWidth, cellHeight] = [cell.x1 - cell.x0, cell.y1 - cell.y0];
        const isFrame = cell.children !== undefined;
        const hasTitle = isFrame
          ? hasRoomForTitle(cell)
          : cellWidth >= LEAST_LABEL_WIDTH && cellHeight >= LEAST_LABEL_HEIGHT;
        const isTop = depth === 1;
        const classes = ['cell', `is-${isFrame ? 'frame' : data.isRest ? 'rest' : 'leaf'}`, `level-${depth}`];
        if (hasTitle) classes.push('has-title');
        if (data.below.length > 0) classes.push('has-more');
        if (pointed !== null && pointed.id === data.id) classes.push('is-pointed');
        const looks = {
          left: `${cell.x0}px`,
          top: `${cell.y0}px`,
          width: `${cellWidth}px`,
          height: `${cellHeight}px`,
          '--expires': `${data.keys === 0 ? 0 : (data.expires / data.keys) * 100}%`,
        };
        const content = hasTitle && (
          <>
            <bdi dir="ltr">{data.part}</bdi>
            {cellWidth >= LEAST_FIGURE_WIDTH && (isFrame || cellHeight >= TWO_LINES) && <small>{figure(data)}</small>}
          </>
        );
        // Below the first level, cells can be clicked; the keyboard comes to them by zooming.
        return isTop ? (
          <button
            key={data.id}
            type="button"
            class={classes.join(' ')}
            style={looks}
            data-cell={data.id}
            tabIndex={cell === reachable ? 0 : -1}
            aria-label={describe(data)}
            aria-disabled={data.below.length === 0}
            onFocus={() => {
              setCurrent(data.id);
              onPoint(data);
            }}
            onBlur={() => onPoint(null)}
            onPointerEnter={() => onPoint(data)}
            onClick={() => zoom(data, false)}
          >
            {content}
          </button>
        ) : (
          <div
            key={data.id}
            class={classes.join(' ')}
            style={looks}
            aria-hidden="true"
            onPointerEnter={() => onPoint(data)}
            onClick={() => zoom(data.below.length > 0 || data.above === null ? data : data.above, false)}
          >
            {content}
          </div>
        );
      })}
      {cells.length === 0 && <p class="nothing">Nothing to draw here.</p>}
    </div>
  );
}

/** What the colours mean. */
export function ExpiryScale({ of }: { readonly of: Prefix }): JSX.Element {
  return (
    <p class="scale">
      <span>none expire</span>
      <i aria-hidden="true" />
      <span>all expire</span>
      <b>{share(of.expires, of.keys)} here</b>
    </p>
  );
}

function useSize(frame: { readonly current: HTMLElement | null }): readonly [width: number, height: number] {
  const [size, setSize] = useState<readonly [number, number]>([0, 0]);
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const measure = (): void => setSize([element.clientWidth, element.clientHeight]);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [frame]);
  return size;
}

function hasRoomForTitle({ x0, x1, y0, y1 }: Cell): boolean {
  return x1 - x0 >= LEAST_TITLE_WIDTH && y1 - y0 >= LEAST_TITLE_HEIGHT;
}

function layOut(of: Prefix, measureOf: (prefix: Prefix) => number, width: number, height: number): Cell[] {
  if (width === 0 || height === 0) return [];
  const root = hierarchy<Prefix>(of, (prefix) => (prefix.depth - of.depth < LEVELS ? prefix.parts : undefined));
  // Sums of parts are those of the whole: what no prefix below has is a part of its own.
  root.each((node) => {
    (node as { value?: number }).value = measureOf(node.data);
  });
  root.sort((a, b) => Number(a.data.isRest) - Number(b.data.isRest) || (b.value ?? 0) - (a.value ?? 0));
  const laidOut = treemap<Prefix>()
    .tile(treemapSquarify.ratio(1.4))
    .size([width, height])
    .round(true)
    .paddingInner(GAP)
    .paddingTop((cell) => (cell.depth === 0 ? 0 : hasRoomForTitle(cell) ? TITLE_HEIGHT : GAP))
    .paddingRight((cell) => (cell.depth === 0 ? 0 : GAP))
    .paddingBottom((cell) => (cell.depth === 0 ? 0 : GAP))
    .paddingLeft((cell) => (cell.depth === 0 ? 0 : GAP))(root);
  return laidOut
    .descendants()
    .filter(({ depth, x0, x1, y0, y1 }) => depth > 0 && x1 - x0 >= LEAST_SIDE && y1 - y0 >= LEAST_SIDE);
}

const DIRECTIONS: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The nearest cell in a direction: how far it is that way counts once, how far off the way twice. */
function neighbour(from: Cell, cells: readonly Cell[], [x, y]: readonly [number, number]): Cell | undefined {
  let nearest: Cell | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const cell of cells) {
    const ahead =
      x !== 0 ? (x > 0 ? cell.x0 - from.x1 : from.x0 - cell.x1) : y > 0 ? cell.y0 - from.y1 : from.y0 - cell.y1;
    if (cell === from || ahead < -1) continue;
    const aside = x !== 0 ? distance(from.y0, from.y1, cell.y0, cell.y1) : distance(from.x0, from.x1, cell.x0, cell.x1);
    const off = x !== 0 ? Math.abs(from.y0 - cell.y0) : Math.abs(from.x0 - cell.x0);
    const away = ahead + 2 * aside + off / 1000;
    if (away < least) {
      least = away;
      nearest = cell;
    }
  }
  return nearest;
}

/** Between two ranges; 0 where they touch. */
function distance(from: number, to: number, otherFrom: number, otherTo: number): number {
  return Math.max(0, otherFrom - to, from - otherTo);
}
