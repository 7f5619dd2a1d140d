/**
 * A message's text as a tree: the part of Markdown that people use when they talk. Pure; no markup
 * is made, and whatever is not understood is text.
 */
import { type Inline, inline } from "./inline.ts";

/** A part of a message. `pre` holds its text as it is. */
export type Block =
  | { readonly type: "text"; readonly children: readonly Inline[] }
  | { readonly type: "pre"; readonly text: string }
  | { readonly type: "quote"; readonly children: readonly Block[] }
  | {
      readonly type: "list";
      readonly start: number | null;
      readonly items: readonly Item[];
    };

/** A line of a list, and the lists that belong to it. */
export interface Item {
  readonly children: readonly Inline[];
  readonly within: readonly Block[];
}

/** Quotes within quotes at most, and lists within lists. */
const DEPTH = 4;
const FENCE = /^ {0,3}```[^`\n]*$/;
const CLOSING = /^ {0,3}```\s*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^ {0,3}(?:[-*•]|(\d{1,9})[.)])[ \t]+(?=\S)/;
/** Below an item one may stand as far in as it likes. */
const BELOW = /^([ \t]*)(?:[-*•]|(\d{1,9})[.)])[ \t]+(?=\S)/;
/** So much further in than another, an item belongs to it. */
const STEP = 2;

/** Read a message, in time linear in its length. */
export function markdown(text: string, depth = 0): readonly Block[] {
  const lines = text.split("\n");
  const ends = fenceEnds(lines);
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? "";
    const end = FENCE.test(line) ? (ends[at] ?? -1) : -1;
    let next = at + 1;
    if (end >= 0) {
      blocks.push({ type: "pre", text: lines.slice(at + 1, end).join("\n") });
      next = end + 1;
    } else if (QUOTE.test(line) && depth < DEPTH) {
      next = runEnd(lines, at, QUOTE);
      const quoted = lines.slice(at, next).map((one) => one.replace(QUOTE, ""));
      blocks.push({ type: "quote", children: markdown(quoted.join("\n"), depth + 1) });
    } else if (ITEM.test(line)) {
      next = runEnd(lines, at, BELOW);
      blocks.push(...lists(lines.slice(at, next).map(entry), 1));
    } else {
      while (next < lines.length && !begins(lines[next] ?? "", ends[next] ?? -1, depth)) next += 1;
      const said = lines
        .slice(at, next)
        .join("\n")
        .replace(/^\n+|\s+$/g, "");
      if (said !== "") blocks.push({ type: "text", children: inline(said) });
    }
    at = next;
  }
  return blocks;
}

const PICTURE = String.raw`\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\u{fe0f})*`;
const EMOJI = new RegExp(
  String.raw`^(?:(?:\p{Regional_Indicator}{2}|${PICTURE}(?:\u{200d}${PICTURE})*)\s*){1,6}$`,
  "u",
);
/** Longer than six of the longest emoji. */
const EMOJI_LENGTH = 80;
const CUSTOM = /:([a-z0-9_]{2,32}):/g;
/** Longer than six of the longest names of custom emoji. */
const CUSTOM_LENGTH = 240;

/**
 * Whether a text is a few emoji and nothing else, which may be shown larger. `isCustom`: whether
 * there is a custom one of a name.
 */
export function isEmojiOnly(text: string, isCustom: (name: string) => boolean): boolean {
  if (text.length > CUSTOM_LENGTH) return false;
  const signs = text.replace(CUSTOM, (code, name: string) => (isCustom(name) ? "\u{1f642}" : code));
  return signs.length <= EMOJI_LENGTH && EMOJI.test(signs);
}

/** Whether a line begins something else than text; a fence that is never closed does not. */
function begins(line: string, end: number, depth: number): boolean {
  if (QUOTE.test(line)) return depth < DEPTH;
  return ITEM.test(line) || (end >= 0 && FENCE.test(line));
}

/** For each line, which one after it could close a fence; -1: none. */
function fenceEnds(lines: readonly string[]): readonly number[] {
  let next = -1;
  return lines
    .map((line, at) => ({ at, closes: CLOSING.test(line) }))
    .reverse()
    .map(({ at, closes }) => {
      const end = next;
      if (closes) next = at;
      return end;
    })
    .reverse();
}

function runEnd(lines: readonly string[], at: number, pattern: RegExp): number {
  let next = at;
  while (next < lines.length && pattern.test(lines[next] ?? "")) next += 1;
  return next;
}

interface Entry {
  /** How far in it stands. */
  readonly column: number;
  /** Null: it has none. */
  readonly number: number | null;
  readonly text: string;
}

function entry(line: string): Entry {
  const [all = "", before = "", number] = BELOW.exec(line) ?? [];
  return {
    column: before.replaceAll("\t", "    ").length,
    number: number === undefined ? null : Number(number),
    text: line.slice(all.length),
  };
}

/** Items as lists: those with numbers and those without are none together. */
function lists(entries: readonly Entry[], depth: number): readonly Block[] {
  const made: { type: "list"; start: number | null; items: Item[] }[] = [];
  let at = 0;
  for (let own = entries[0]; own; own = entries[at]) {
    const { column, number } = own;
    let next = at + 1;
    while (depth < DEPTH && (entries[next]?.column ?? 0) >= column + STEP) next += 1;
    const last = made.at(-1);
    const items = last && (last.start === null) === (number === null) ? last.items : [];
    if (items.length === 0) made.push({ type: "list", start: number, items });
    const within = lists(entries.slice(at + 1, next), depth + 1);
    items.push({ children: inline(own.text), within });
    at = next;
  }
  return made;
}
