import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { excerpt } from "../../src/store/excerpt.ts";
import { plain } from "../../src/text/plain.ts";

const shown = (text: string, ...highlights: [number, number][]) =>
  excerpt(text, highlights)
    .map(({ text, marked }) => (marked ? `[${text}]` : text))
    .join("");

describe("an excerpt", () => {
  test("marks what was found, in characters and not in UTF-16 units", () => {
    expect(shown("hot tea, cold tea", [4, 7], [14, 17])).toBe("hot [tea], cold [tea]");
    expect(shown("🫖🫖 tea", [3, 6])).toBe("🫖🫖 [tea]");
  });

  test("takes hits in any order, that overlap, or that are none", () => {
    expect(shown("abcdef", [3, 5], [0, 2], [1, 4])).toBe("[ab][cd][e]f");
    expect(shown("abc", [2, 1], [5, 9], [-3, 1])).toBe("[a]bc");
  });

  test("begins shortly before the first hit of a long text, and ends in time", () => {
    const text = `${"x".repeat(500)}tea${"y".repeat(500)}`;
    const cut = shown(text, [500, 503]);
    expect(cut.startsWith("…x")).toBe(true);
    expect(cut).toContain("x[tea]y");
    expect(cut.endsWith("y…")).toBe(true);
    expect(cut.length).toBeLessThan(340);
  });

  test.each([
    ["**hot _tea_**, `cold tea`", "tea", "hot [tea], cold [tea]"],
    ["look:\n```ts\nconst tea = 1;\n```\nright?", "tea", "look:\nconst [tea] = 1;\nright?"],
    ["> tea\n- tea\n1. tea", "tea", "[tea]\n[tea]\n[tea]"],
    ["see [the tea](https://example.org/x) now", "tea", "see the [tea] now"],
    [
      "see [the notes](https://example.org/tea)",
      "tea",
      "see [the notes](https://example.org/[tea])",
    ],
    ["https://example.org/tea_or_not_, _yes_", "tea", "https://example.org/[tea]_or_not_, yes"],
    ["@tea_cup_ and :tea_cup_:", "tea", "@[tea]_cup_ and :[tea]_cup_:"],
    ["tea_cup_ _tea_cup *a*tea*b*", "tea", "[tea]_cup_ _[tea]_cup a[tea]b"],
  ])("shows %j without marks, and marks what was found", (text, word, words) => {
    const hits = [...text.matchAll(new RegExp(word, "g"))];
    const places = hits.map(({ index }) => [index, index + word.length] as [number, number]);
    expect(shown(text, ...places)).toBe(words);
  });

  test("says the same, whatever was found in it", () => {
    const texts = fc.string({
      unit: fc.constantFrom(
        "tea",
        "a",
        " ",
        "\n",
        "*",
        "_",
        "`",
        "~~",
        "> ",
        "- ",
        "@",
        "\\",
        "🫖",
      ),
      maxLength: 60,
    });
    fc.assert(
      fc.property(texts, (text) => {
        const letters = [...text].join("");
        const places = [...letters.matchAll(/tea/g)].map(({ index }) => {
          const start = [...letters.slice(0, index)].length;
          return [start, start + 3] as [number, number];
        });
        const parts = excerpt(text, places);
        expect(parts.map((part) => part.text).join("")).toBe(plain(text).trim());
        expect(parts.filter(({ marked }) => marked).every((part) => part.text === "tea")).toBe(
          true,
        );
      }),
    );
  });

  test("loses none to signs of its own that somebody wrote", () => {
    expect(shown("\ufdd0tea\ufdd1 tea", [6, 9])).toBe("tea [tea]");
  });

  test("of a text without hits is its beginning", () => {
    expect(shown("hello")).toBe("hello");
  });
});
