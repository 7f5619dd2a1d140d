/** Emoji are found by their shortcodes, and what the picker is given is whole. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { OUTPUT, standardNames } from "../scripts/shortcodes.ts";
import { byShortcode, ofShortcode, pickerData } from "../src/emoji/data.ts";
import { emoji } from "./store/making.ts";

describe("a shortcode", () => {
  test("that is written in full comes first", () => {
    expect(byShortcode("tada", 3)[0]).toEqual({ name: "tada", emoji: "🎉" });
    expect(byShortcode("heart", 3)[0]).toEqual({ name: "heart", emoji: "❤️" });
  });

  test("that is written to its end means one emoji, or none", () => {
    expect(["tada", "TADA", "tad"].map(ofShortcode)).toEqual(["🎉", "🎉", null]);
  });

  test("is found by its beginning, the shortest first, then by what is in it", () => {
    const names = byShortcode("thumbs", 8).map(({ name }) => name);
    expect(names.slice(0, 2)).toEqual(["thumbsup", "thumbsdown"]);
    expect(byShortcode("_face", 5).every(({ name }) => name.includes("_face"))).toBe(true);
  });

  test("that is none finds nothing, and no more come than were asked for", () => {
    expect(byShortcode("qqqq", 8)).toEqual([]);
    expect(byShortcode("a", 8)).toHaveLength(8);
  });
});

test("the picker has every emoji in a group that has a name", () => {
  const { emojis, categories } = pickerData() as Awaited<ReturnType<typeof pickerData>>;
  const groups = new Set(categories.map(({ index }) => index));
  expect(emojis.length).toBeGreaterThan(1500);
  expect(emojis.every(({ category }) => groups.has(category))).toBe(true);
  expect(emojis.find(({ emoji }) => emoji === "👋")?.skins?.dark).toBe("👋🏿");
});

test("custom ones come first in the picker, found by their names", () => {
  const custom = ["party_parrot", "__"].map((name) => emoji(name));
  const { emojis, categories } = pickerData(custom) as Awaited<ReturnType<typeof pickerData>>;
  expect(categories[0]?.label).toBe("Custom");
  expect(emojis.slice(0, 2)).toMatchObject([
    { emoji: ":party_parrot:", label: "party_parrot", tags: ["party parrot"] },
    { emoji: ":__:", label: "__", category: categories[0]?.index },
  ]);
});

test("the server knows which names Unicode's emoji have: else run scripts/shortcodes.ts", () => {
  expect(readFileSync(OUTPUT, "utf8")).toBe(standardNames());
});
