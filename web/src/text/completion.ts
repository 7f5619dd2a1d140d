/** The word that is being written, where it is one that can be completed; pure. */

/** `sign` and `letters` stand in the text from `from` up to where one writes. */
export interface Word {
  readonly sign: "@" | "#" | ":";
  readonly letters: string;
  readonly from: number;
}

const LONGEST = 40;
const WORD = /(?:^|[\s([{"'*_~>])([@#:])([^\s@#:]*)$/u;

/** The word before a place in a text; null: it is none to complete. */
export function wordAt(text: string, place: number): Word | null {
  const before = text.slice(Math.max(0, place - LONGEST), place);
  const [, sign, letters] = WORD.exec(before) ?? [];
  if (sign === undefined || letters === undefined) return null;
  // `:` alone and `:)` are no beginning of a name.
  if (sign === ":" && !/^[a-z0-9_+-]{2,}$/i.test(letters)) return null;
  return { sign: sign as Word["sign"], letters, from: place - letters.length - 1 };
}

const CODE = /(?:^|[\s([{"'*_~>]):([a-z0-9_+-]{1,40}):$/i;

/** The shortcode of an emoji that was just written to its end, at a place; null: there is none. */
export function codeAt(text: string, place: number): Word | null {
  const [, letters] = CODE.exec(text.slice(Math.max(0, place - LONGEST - 3), place)) ?? [];
  return letters === undefined ? null : { sign: ":", letters, from: place - letters.length - 2 };
}

/** What is put after `before` for an emoji: a name after a letter would be no name. */
export function asWord(emoji: string, before: string): string {
  return emoji.startsWith(":") && /[A-Za-z0-9]$/.test(before) ? ` ${emoji}` : emoji;
}

/** A text, and where one goes on writing. */
export interface Written {
  readonly text: string;
  readonly place: number;
}

/** The text with a word replaced that was written to its end: one goes on right behind it. */
export function replaced(text: string, word: Word, place: number, by: string): Written {
  return {
    text: text.slice(0, word.from) + by + text.slice(place),
    place: word.from + by.length,
  };
}

/** The text with the word replaced by what was chosen, and a space behind it. */
export function completed(text: string, word: Word, place: number, by: string): Written {
  const after = text.slice(place);
  const space = /^\s/.test(after) ? "" : " ";
  const put = `${by}${space}`;
  return {
    text: text.slice(0, word.from) + put + after,
    place: word.from + put.length + (space === "" ? 1 : 0),
  };
}
