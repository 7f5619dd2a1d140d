/** A span of time in words, as rough as one speaks of it. */

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
] as const;

/** The words; a span that is over is one second. */
export function spanWords(ms: number): string {
  const [unit, length] = UNITS.find(([, size]) => ms >= size) ?? ["second", 1000];
  const count = Math.max(1, Math.ceil(ms / length));
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
