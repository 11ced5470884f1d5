/**
 * A bar chart over time for a terminal.
 *
 * @module
 */

const EIGHTHS = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** What to draw. */
export interface PlotOptions {
  /** Above the chart. */
  readonly title: string;
  /** One column each. */
  readonly values: readonly number[];
  /** Value that fills the whole height. */
  readonly top: number;
  /** Lines that the chart is high. */
  readonly height: number;
}

/**
 * The lines of the chart, the scale at their left.
 *
 * ```ts
 * import { plot } from "./plot.ts";
 *
 * const lines = plot({ title: "Mbit/s", values: [1, 2, 4], top: 4, height: 1 });
 * console.assert(lines[1] === "   4 ▂▄█");
 * ```
 */
export function plot({ title, values, top, height }: PlotOptions): string[] {
  const lines = [title];
  for (let row = height - 1; row >= 0; row--) {
    const scale = row === height - 1 ? String(Math.round(top)) : row === 0 ? "0" : "";
    const cells = values.map((value) => {
      const eighths = Math.round((value / top) * height * 8) - row * 8;
      return EIGHTHS[Math.min(Math.max(eighths, 0), 8)];
    });
    lines.push(`${scale.padStart(4)} ${cells.join("")}`);
  }
  return lines;
}

/** The line below charts of `columns` columns, with a mark each `step` columns that says `label(column)`. */
export function timeAxis(columns: number, step: number, label: (column: number) => string): string {
  let line = "";
  for (let column = 0; column < columns; column += step) line = line.padEnd(column) + label(column);
  return `     ${line}`;
}
