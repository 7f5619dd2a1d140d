import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lineOf, linesOf, plain } from "../../src/text/plain.ts";

describe("a message in plain words", () => {
  test.each([
    ["**bold** and _so_ ~~on~~", "bold and so on"],
    ["see [the notes](https://example.org/n)", "see the notes"],
    ["ask @bob about `npm test`", "ask @bob about npm test"],
    ["> quoted\nanswered", "quoted\nanswered"],
    ["- one\n- **two**", "one\ntwo"],
    ["look:\n```ts\nconst a = **1**;\n```\nright?", "look:\nconst a = **1**;\nright?"],
    ["2 * 3 * 4 is a_b_c", "2 * 3 * 4 is a_b_c"],
    ["**well** :party: done", "well :party: done"],
  ])("%j is %j", (text, words) => expect(plain(text)).toBe(words));

  test("shows no fence of a block of code that was cut off", () => {
    expect(plain("look:\n```python\nprint(1)").replace(/\s+/g, " ")).toBe("look: print(1)");
  });

  test("is there for every text, and longer than none", () => {
    fc.assert(fc.property(fc.string(), (text) => plain(text).length <= text.length));
  });
});

describe("a message that is only named", () => {
  test("is one line of words, whatever marks and blocks there are", () => {
    expect(lineOf("**Run** this:\n```sh\nmake up\n```")).toBe("Run this: make up");
    expect(lineOf(`**${"x".repeat(150)} ${"y".repeat(150)} ${"z".repeat(150)}**`)).toMatch(
      /^x.*y…$/,
    );
  });

  test("is cut between letters, and says so", () => {
    expect(lineOf("x".repeat(500))).toBe(`${"x".repeat(199)}…`);
    expect(lineOf("🫖".repeat(9), 9)).toBe("🫖".repeat(9));
    expect(lineOf("🫖".repeat(10), 9)).toBe(`${"🫖".repeat(8)}…`);
  });

  test("may have its lines", () => {
    expect(linesOf("\n**so:**\n```\n1\n2\n```", 160)).toBe("so:\n1\n2");
  });
});
