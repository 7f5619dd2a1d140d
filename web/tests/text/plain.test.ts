import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plain } from "../../src/text/plain.ts";

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
