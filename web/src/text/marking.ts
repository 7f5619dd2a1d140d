/** A part of a text that is marked by a key: bold, italic, code; marked already, it is so no more. Pure. */

/** The keys, and what stands before and after what they mark. */
const MARKS: Readonly<Record<string, string>> = { b: "**", i: "_", e: "`" };

/** A text, and what of it is selected. */
export interface Selected {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** The mark that goes with a letter pressed together with Ctrl or Cmd; null: none does. */
export function markOf(key: string): string | null {
  return MARKS[key.toLowerCase()] ?? null;
}

/** The text with the mark around the selection, or without it; the same words stay selected. */
export function marked({ text, from, to }: Selected, mark: string): Selected {
  const before = text.slice(0, from);
  const within = text.slice(from, to);
  const after = text.slice(to);
  const { length } = mark;
  if (before.endsWith(mark) && after.startsWith(mark)) {
    const bare = before.slice(0, -length) + within + after.slice(length);
    return { text: bare, from: from - length, to: to - length };
  }
  return { text: before + mark + within + mark + after, from: from + length, to: to + length };
}
