/**
 * Numbers for people.
 *
 * @module
 */

/** Three digits that matter: "0.0123", "1.23", "123", "12,300". */
export function figure(value: number): string {
  if (value === 0) return "0";
  const digits = Math.max(2 - Math.floor(Math.log10(Math.abs(value))), 0);
  return grouped.format(Number(value.toFixed(Math.min(digits, 6))));
}

/** A whole number with its thousands apart. */
export function whole(value: number): string {
  return grouped.format(Math.round(value));
}

/** So many things: "1 packet", "1,234 packets". */
export function counted(value: number, thing: string): string {
  return `${whole(value)} ${thing}${Math.round(value) === 1 ? "" : "s"}`;
}

/** Bytes in powers of 1000: "12.3 MB". */
export function bytes(value: number): string {
  return scaled(value, ["B", "kB", "MB", "GB", "TB"]);
}

/** A share of 1 in per cent. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Milliseconds as milliseconds, or as seconds from one on. */
export function time(milliseconds: number): string {
  return milliseconds < 1000 ? `${figure(milliseconds)} ms` : `${figure(milliseconds / 1000)} s`;
}

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 6 });

function scaled(value: number, units: readonly string[]): string {
  const step = value < 1 ? 0 : Math.min(Math.floor(Math.log10(value) / 3 + 1e-12), units.length - 1);
  return `${figure(value / 1000 ** step)} ${units[step]}`;
}
