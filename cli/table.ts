/**
 * Tables of text.
 *
 * @module
 */

/** A column: its heading, and whether it holds numbers, which stand at its right. */
export interface Column {
  /** What stands above it. */
  readonly heading: string;
  /** "left" by default. */
  readonly align?: "left" | "right";
}

/** Lines of text in which the cells of each column stand below each other; `rows` are as long as `columns`. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const headings = columns.map(({ heading }) => heading);
  const widths = headings.map((heading, i) => Math.max(...[heading, ...rows.map((row) => row[i]!)].map(widthOf)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => {
      const space = " ".repeat(widths[i]! - widthOf(cell));
      return columns[i]!.align === "right" ? space + cell : cell + space;
    }).join("  ").trimEnd();
  return [headings, ...rows].map((cells) => `${line(cells)}\n`).join("");
}

/** In characters as people count them. */
function widthOf(text: string): number {
  return [...text].length;
}
