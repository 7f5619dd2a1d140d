/** The custom emoji of this place: which there are, and which fit a few letters. Pure. */
import type { CustomEmoji, CustomEmojis } from "parley-sdk";

/** All there are by name, and who may add one; null: that is not known. */
export interface Emojis {
  readonly named: ReadonlyMap<string, CustomEmoji>;
  readonly may_add: CustomEmojis["may_add"] | null;
}

/** Nothing is known of them yet, or there are none to be had. */
export const NO_EMOJIS: Emojis = { named: new Map(), may_add: null };

/** As the server lists them. */
export function emojisOf({ emoji, may_add }: CustomEmojis): Emojis {
  return { named: new Map(emoji.map((one) => [one.name, one])), may_add };
}

/** With another one. */
export function withEmoji(emojis: Emojis, one: CustomEmoji): Emojis {
  const all = [...emojis.named.values(), one].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { ...emojis, named: new Map(all.map((each) => [each.name, each])) };
}

/** Without one. */
export function withoutEmoji(emojis: Emojis, name: string): Emojis {
  const named = new Map(emojis.named);
  named.delete(name);
  return { ...emojis, named };
}

/** What stands for one, in a text as in a reaction. */
export function shortcode(name: string): string {
  return `:${name}:`;
}

/** The name in a shortcode; null: it is none, such as an emoji of Unicode's. */
export function nameIn(code: string): string | null {
  return /^:([a-z0-9_]{2,32}):$/.exec(code)?.[1] ?? null;
}

/** Names that fit letters in their order: those that begin so first, the shortest first. */
export function closer(wanted: string): (a: { name: string }, b: { name: string }) => number {
  return (a, b) =>
    Number(b.name.startsWith(wanted)) - Number(a.name.startsWith(wanted)) ||
    a.name.length - b.name.length ||
    (a.name < b.name ? -1 : 1);
}

/** Those whose names fit these letters, the closest first. */
export function fitting(emojis: Emojis, letters: string, limit: number): readonly CustomEmoji[] {
  const wanted = letters.toLowerCase();
  return [...emojis.named.values()]
    .filter(({ name }) => name.includes(wanted))
    .sort(closer(wanted))
    .slice(0, limit);
}

/** A name for a picture by what its file is called, where that makes one; else nothing. */
export function nameFor(file: string): string {
  const name = file
    .replace(/\.[^.]*$/, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 32);
  return name.length < 2 ? "" : name;
}
