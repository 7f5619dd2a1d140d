/** A message that was found, cut to what matters, and its marked parts; pure. */

/** A piece of text; `marked`: it is what was looked for. */
export interface Part {
  readonly text: string;
  readonly marked: boolean;
}

/** Letters that are shown before the first hit, and in all. */
const BEFORE = 60;
const LETTERS = 320;

/**
 * The text in parts. `highlights`: where the hits are, in characters (not UTF-16 units), end
 * excluded; those that overlap or are nonsense do no harm.
 */
export function excerpt(
  text: string,
  highlights: readonly (readonly [number, number] | readonly number[])[],
): Part[] {
  const letters = [...text];
  const hits = highlights
    .map(([start = 0, end = 0]) => [Math.max(0, start), Math.min(end, letters.length)] as const)
    .filter(([start, end]) => start < end)
    .sort(([a], [b]) => a - b);
  const first = hits[0]?.[0] ?? 0;
  const from = first > BEFORE * 2 ? first - BEFORE : 0;
  const to = Math.min(letters.length, from + LETTERS);
  const parts: Part[] = from > 0 ? [{ text: "…", marked: false }] : [];
  let at = from;
  const add = (end: number, marked: boolean) => {
    const cut = Math.min(end, to);
    if (cut > at) parts.push({ text: letters.slice(at, cut).join(""), marked });
    at = Math.max(at, cut);
  };
  for (const [start, end] of hits) {
    add(start, false);
    add(end, true);
  }
  add(to, false);
  if (to < letters.length) parts.push({ text: "…", marked: false });
  return parts;
}
