/**
 * All emoji by name, group and shortcode; as large as the rest of the client, so it is loaded when
 * somebody first wants one. It comes with the page's other files and from nobody else.
 */
import compact from "emojibase-data/en/compact.json";
import messages from "emojibase-data/en/messages.json";
import shortcodes from "emojibase-data/en/shortcodes/github.json";
import type { EmojiPicker } from "frimousse";
import type { CustomEmoji } from "parley-sdk";
import type { ComponentProps } from "preact";
import { closer, shortcode } from "../store/emojis.ts";

type Resolver = NonNullable<ComponentProps<typeof EmojiPicker.Root>["resolveEmojiData"]>;
type EmojiData = Awaited<ReturnType<Resolver>>;

/** An emoji that a shortcode stands for. */
export interface Named {
  readonly emoji: string;
  readonly name: string;
}

const TONES = ["light", "medium-light", "medium", "medium-dark", "dark"] as const;
/** Skin tones by themselves and the like: nothing to pick. */
const COMPONENTS = 2;
/** The group of custom emoji: none of Unicode's. */
const CUSTOM = 1_000;

/** As its makers document it (https://emojibase.dev/docs/datasets); their types are a library. */
interface Compact {
  readonly unicode: string;
  readonly hexcode: string;
  readonly label: string;
  readonly group?: number;
  readonly tags?: readonly string[];
  readonly skins?: readonly { readonly unicode: string }[];
}

const groups: readonly { readonly order: number; readonly message: string }[] = messages.groups;
const codes: Readonly<Record<string, string | readonly string[]>> = shortcodes;

/** The shortcodes of an emoji. */
function namesOf(hexcode: string): readonly string[] {
  const found = codes[hexcode] ?? codes[hexcode.replace(/-FE0F$/, "")] ?? [];
  return typeof found === "string" ? [found] : found;
}

const emojis = (compact as readonly Compact[]).filter(
  ({ group }) => group !== undefined && group !== COMPONENTS,
);

/** What the picker shows: `custom` ones first. */
export function pickerData(custom: readonly CustomEmoji[] = []): EmojiData {
  return {
    locale: "en",
    emojis: [...custom.map(picked), ...standard()],
    categories: [
      { index: CUSTOM, label: "Custom" },
      ...groups
        .filter(({ order }) => order !== COMPONENTS)
        .map(({ order, message }) => ({ index: order, label: capital(message) })),
    ],
    skinTones: {
      light: "light skin tone",
      "medium-light": "medium-light skin tone",
      medium: "medium skin tone",
      "medium-dark": "medium-dark skin tone",
      dark: "dark skin tone",
    },
  };
}

function picked({ name }: CustomEmoji): EmojiData["emojis"][number] {
  // The label is what tells those of a row apart, so it is the name as it is.
  const tags = [name.replaceAll("_", " ")];
  return { emoji: shortcode(name), category: CUSTOM, label: name, version: 0, tags };
}

function standard(): EmojiData["emojis"] {
  return emojis.map(({ unicode, group = 0, label, hexcode, tags, skins }) => ({
    emoji: unicode,
    category: group,
    label,
    version: 0,
    // One, of all: the panel puts those first of which the most tags fit, not those that fit best.
    tags: [[...(tags ?? []), ...namesOf(hexcode)].join("\n")],
    ...(skins?.length === TONES.length ? { skins: tones(skins) } : {}),
  }));
}

function tones(skins: readonly { readonly unicode: string }[]) {
  const of = (at: number) => skins[at]?.unicode ?? "";
  return { light: of(0), "medium-light": of(1), medium: of(2), "medium-dark": of(3), dark: of(4) };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const named: readonly Named[] = emojis.flatMap(({ unicode, hexcode }) =>
  namesOf(hexcode).map((name) => ({ emoji: unicode, name })),
);

/** The emoji of this shortcode; null: there is none. */
export function ofShortcode(name: string): string | null {
  return named.find((one) => one.name === name.toLowerCase())?.emoji ?? null;
}

/** Emoji whose shortcode fits these letters: those that begin so first, the shortest first. */
export function byShortcode(letters: string, limit: number): readonly Named[] {
  const wanted = letters.toLowerCase();
  return named
    .filter(({ name }) => name.includes(wanted))
    .sort(closer(wanted))
    .slice(0, limit);
}
