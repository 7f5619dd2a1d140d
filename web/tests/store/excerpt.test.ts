import { describe, expect, test } from "vitest";
import { excerpt } from "../../src/store/excerpt.ts";

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

  test("of a text without hits is its beginning", () => {
    expect(shown("hello")).toBe("hello");
  });
});
