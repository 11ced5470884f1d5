/**
 * Figures as SVG.
 *
 * @module
 */

/** What to draw: bars beside each other, or lines over an axis. */
export type Plot = BarPlot | LinePlot;

/** A bar for each figure. */
export interface BarPlot {
  /** Discriminates. */
  readonly type: "bars";
  /** What the bars measure, with its unit. */
  readonly axis: string;
  /** From left to right. */
  readonly bars: readonly Bar[];
}

/** One bar. */
export interface Bar {
  /** Below it. */
  readonly label: string;
  /** Its height. */
  readonly value: number;
  /** Half the confidence interval. */
  readonly margin?: number | null;
  /** What was published: a line across. */
  readonly published?: number;
  /** Where the value has to lie: a shade behind. */
  readonly band?: readonly [number, number];
}

/** Lines through points. */
export interface LinePlot {
  /** Discriminates. */
  readonly type: "lines";
  /** The two axes with their units. */
  readonly axes: readonly [x: string, y: string];
  /** True for a logarithmic x axis. */
  readonly logarithmic?: boolean;
  /** A line each; `dashed` for what was published. */
  readonly lines: readonly {
    readonly label: string;
    readonly dashed?: boolean;
    readonly points: readonly (readonly [x: number, y: number])[];
  }[];
}

const WIDTH = 720;
const HEIGHT = 320;
const LEFT = 60;
const RIGHT = 20;
const TOP = 44;
const BOTTOM = 56;
const COLORS = ["#3b6fb6", "#c2571a", "#2f8f5b", "#8a4fa3", "#a08a1c", "#4f8f96", "#b0406a"];

/** `plot` as a picture under `title`. */
export function drawSvg(title: string, plot: Plot): string {
  const drawing = plot.type === "bars" ? bars(plot) : lines(plot);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(LEFT, 18, title, `font-weight="bold" font-size="${titleSize(title)}"`),
    ...drawing,
    "</svg>",
    "",
  ].join("\n");
}

/** A size at which all of `title` is to be seen: bold letters are about 0.6 of their size wide. */
function titleSize(title: string): number {
  return Math.min(13, round((WIDTH - LEFT - RIGHT) / (0.6 * title.length)));
}

function bars({ axis, bars }: BarPlot): string[] {
  const highest = Math.max(
    ...bars.map(({ value, margin, published = 0, band = [0, 0] }) => {
      return Math.max(value + (margin ?? 0), published, Number.isFinite(band[1]) ? band[1] : 0);
    }),
  );
  const y = linear(0, highest, HEIGHT - BOTTOM, TOP);
  const step = (WIDTH - LEFT - RIGHT) / bars.length;
  const half = Math.min(0.3 * step, 24);
  // A band may be open on either side.
  const shown = (value: number): number => Math.min(Math.max(y(value), TOP), y(0));
  return [
    ...verticalAxis(axis, 0, highest, y),
    ...bars.flatMap(({ label, value, margin, published, band }, i) => {
      const x = LEFT + (i + 0.5) * step;
      return [
        ...(band === undefined ? [] : [
          rectangle(x - 1.4 * half, shown(band[1]), 2.8 * half, shown(band[0]) - shown(band[1]), `fill="#e3ecd9"`),
        ]),
        rectangle(x - half, y(value), 2 * half, y(0) - y(value), `fill="${COLORS[0]}"`),
        ...(margin ? [line(x, y(value - margin), x, y(value + margin), `stroke="#000"`)] : []),
        ...(published === undefined ? [] : [
          line(x - 1.4 * half, y(published), x + 1.4 * half, y(published), `stroke="${COLORS[1]}" stroke-width="2"`),
        ]),
        ...label.split("\n").map((part, row) => text(x, HEIGHT - BOTTOM + 16 + 14 * row, part, ANCHOR_MIDDLE)),
      ];
    }),
    ...legend(bars),
  ];
}

/** What is to be seen beside the bars, if anything. */
function legend(bars: readonly Bar[]): string[] {
  const parts = [
    ...(bars.some(({ published }) => published !== undefined) ? ["line: published"] : []),
    ...(bars.some(({ band }) => band !== undefined) ? ["shade: band"] : []),
  ];
  if (parts.length === 0) return [];
  return [text(WIDTH - RIGHT, 34, ["bar: ours", ...parts].join(", "), `text-anchor="end" fill="#555"`)];
}

function lines({ axes, logarithmic = false, lines: all }: LinePlot): string[] {
  const points = all.flatMap(({ points }) => points);
  const scale = logarithmic ? Math.log10 : (value: number): number => value;
  const [left, right] = extent(points.map(([x]) => x));
  const highest = Math.max(...points.map(([, y]) => y));
  const across = linear(scale(left), scale(right), LEFT, WIDTH - RIGHT - 120);
  const x = (value: number): number => across(scale(value));
  const y = linear(0, highest, HEIGHT - BOTTOM, TOP);
  const marks = [...new Set(points.map(([at]) => at))].sort((a, b) => a - b);
  const shown = marks.length <= 10 ? marks : ticks(left, right);
  return [
    ...verticalAxis(axes[1], 0, highest, y),
    ...shown.map((at) => text(x(at), HEIGHT - BOTTOM + 16, short(at), ANCHOR_MIDDLE)),
    text((LEFT + WIDTH - RIGHT - 120) / 2, HEIGHT - 12, axes[0], ANCHOR_MIDDLE),
    ...all.flatMap(({ label, dashed, points }, i) => {
      const color = COLORS[i % COLORS.length]!;
      const path = points.map(([px, py]) => `${round(x(px))},${round(y(py))}`).join(" ");
      const dash = dashed ? ` stroke-dasharray="5 4"` : "";
      const at = TOP + 8 + 18 * i;
      return [
        `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"${dash}/>`,
        line(WIDTH - RIGHT - 108, at - 4, WIDTH - RIGHT - 88, at - 4, `stroke="${color}" stroke-width="2"${dash}`),
        text(WIDTH - RIGHT - 82, at, label),
      ];
    }),
  ];
}

const ANCHOR_MIDDLE = `text-anchor="middle"`;

function verticalAxis(label: string, low: number, high: number, y: (value: number) => number): string[] {
  return [
    text(LEFT, 34, label, `fill="#555"`),
    ...ticks(low, high).flatMap((at) => [
      line(LEFT, y(at), WIDTH - RIGHT, y(at), `stroke="#ddd"`),
      text(LEFT - 6, y(at) + 4, short(at), `text-anchor="end"`),
    ]),
  ];
}

/** Round numbers between two others, four to nine of them. */
export function ticks(low: number, high: number): number[] {
  const span = high - low;
  if (!(span > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(span));
  const step = [0.2, 0.5, 1, 2].map((part) => part * power).find((step) => span / step < 9) ?? 5 * power;
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function linear(low: number, high: number, from: number, to: number): (value: number) => number {
  const span = high > low ? high - low : 1;
  return (value) => from + (value - low) / span * (to - from);
}

function extent(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

function rectangle(x: number, y: number, width: number, height: number, style: string): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" ${style}/>`;
}

function line(x1: number, y1: number, x2: number, y2: number, style: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" ${style}/>`;
}

function text(x: number, y: number, content: string, style = ""): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${round(x)}" y="${round(y)}"${style === "" ? "" : ` ${style}`}>${escaped}</text>`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}
