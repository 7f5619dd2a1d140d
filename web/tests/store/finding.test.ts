import { describe, expect, test } from "vitest";
import { found } from "../../src/store/finding.ts";

const candidate = (name: string, weight = 0, ...names: string[]) => ({
  id: name,
  names: [name, ...names],
  weight,
});
const ids = (letters: string, ...all: ReturnType<typeof candidate>[]) =>
  found(letters, all, 10).map(({ id }) => id);

describe("a few letters", () => {
  test("find the same name first, then its beginning, a word's, and letters in their order", () => {
    const all = ["on tea", "toxeca", "teapot", "tea", "coffee"].map((name) => candidate(name));
    expect(ids("tea", ...all)).toEqual(["tea", "teapot", "on tea", "toxeca"]);
    expect(ids("txc", ...all)).toEqual(["toxeca"]);
  });

  test("find whatever the case and the accents", () => {
    expect(ids("cafe", candidate("Café & cake"))).toEqual(["Café & cake"]);
    expect(ids("ÉLI", candidate("elif"))).toEqual(["elif"]);
  });

  test("find by any of the names, without the sign before", () => {
    expect(ids("@ad", candidate("Countess", 0, "ada"))).toEqual(["Countess"]);
    expect(ids("#gen", candidate("general"))).toEqual(["general"]);
  });

  test("where they fit alike the heavier comes first, then the alphabet", () => {
    const all = [candidate("tea b"), candidate("tea c", 5), candidate("tea a")];
    expect(ids("tea", ...all)).toEqual(["tea c", "tea a", "tea b"]);
    expect(ids("", ...all)).toEqual(["tea c", "tea a", "tea b"]);
  });

  test("find no more than wanted", () => {
    expect(found("", [candidate("a"), candidate("b")], 1)).toHaveLength(1);
  });
});
