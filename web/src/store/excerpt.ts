/** A message that was found, in plain words, cut to what matters, and its marked parts; pure. */
import { plain } from "../text/plain.ts";

/** A piece of text; `marked`: it is what was looked for. */
export interface Part {
  readonly text: string;
  readonly marked: boolean;
}

/** Letters that are shown before the first hit, and in all. */
const BEFORE = 60;
const LETTERS = 320;

/** Stand around what was found while the text is made plain; no text means anything by them. */
const OPEN = "\ufdd0";
const CLOSE = "\ufdd1";

/**
 * The text in parts, without the marks that would make it bold or code. `highlights`: where the
 * hits are, in characters (not UTF-16 units) of the text as it was written, end excluded; those
 * that overlap or are nonsense do no harm.
 */
export function excerpt(
  text: string,
  highlights: readonly (readonly [number, number] | readonly number[])[],
): Part[] {
  const runs = runsOf(plain(fenced(text, highlights)));
  const first = runs.findIndex(({ marked }) => marked);
  const before = runs
    .slice(0, Math.max(first, 0))
    .reduce((sum, { letters }) => sum + letters.length, 0);
  const from = before > BEFORE * 2 ? before - BEFORE : 0;
  return cut(runs, from, from + LETTERS);
}

interface Run {
  readonly letters: readonly string[];
  readonly marked: boolean;
}

/** The text with `OPEN` and `CLOSE` around each letter run that was found. */
function fenced(text: string, highlights: readonly (readonly number[])[]): string {
  const letters = [...text].map((letter) => (letter === OPEN || letter === CLOSE ? "" : letter));
  const hits = highlights
    .map(([start = 0, end = 0]) => [Math.max(0, start), Math.min(end, letters.length)] as const)
    .filter(([start, end]) => start < end)
    .sort(([a], [b]) => a - b);
  let written = "";
  let at = 0;
  for (const [start, end] of hits) {
    const begin = Math.max(at, start);
    if (begin >= end) continue;
    written += letters.slice(at, begin).join("");
    written += OPEN + letters.slice(begin, end).join("") + CLOSE;
    at = end;
  }
  return written + letters.slice(at).join("");
}

/** What stands between the signs, and what stands outside. */
function runsOf(words: string): readonly Run[] {
  return words
    .trim()
    .split(OPEN)
    .flatMap((piece, index) => {
      const end = index === 0 ? 0 : piece.indexOf(CLOSE);
      const [marked, rest] = [piece.slice(0, Math.max(end, 0)), piece.slice(Math.max(end, 0))];
      return [
        { letters: [...marked], marked: true },
        { letters: [...rest.replaceAll(CLOSE, "")], marked: false },
      ];
    })
    .filter(({ letters }) => letters.length > 0);
}

/** The runs from one letter to another, and signs that there is more. */
function cut(runs: readonly Run[], from: number, to: number): Part[] {
  const parts: Part[] = from > 0 ? [{ text: "…", marked: false }] : [];
  let at = 0;
  for (const { letters, marked } of runs) {
    const text = letters.slice(Math.max(0, from - at), Math.max(0, to - at)).join("");
    if (text !== "") parts.push({ text, marked });
    at += letters.length;
  }
  if (at > to) parts.push({ text: "…", marked: false });
  return parts;
}
