/** A word that can be completed is found where one writes, and replaced with what was meant. */
import { expect, test } from "vitest";
import { asWord, codeAt, completed, replaced, wordAt } from "../../src/text/completion.ts";

test.each([
  ["@bo", ["@", "bo", 0]],
  ["hi @bo", ["@", "bo", 3]],
  ["(#te", ["#", "te", 1]],
  ["@", ["@", "", 0]],
  [":ta", [":", "ta", 0]],
  ["so :+1", [":", "+1", 3]],
  [":)", null],
  [":t", null],
  ["12:30", null],
  ["a@bo", null],
  ["http://x", null],
  ["@bo ", null],
  ["", null],
])("%j", (text, found) => {
  const word = wordAt(text, text.length);
  expect(word && [word.sign, word.letters, word.from]).toEqual(found);
});

test("only what stands before the place counts, and what is after it stays", () => {
  const text = "hi @bo, how are you";
  const word = wordAt(text, 6);
  expect(word).toEqual({ sign: "@", letters: "bo", from: 3 });
  if (!word) return;
  expect(completed(text, word, 6, "@bob")).toEqual({ text: "hi @bob , how are you", place: 8 });
});

test("a space that is there already is not put twice, and one goes on after it", () => {
  const word = wordAt("@bo you", 3);
  if (!word) throw new Error("no word");
  expect(completed("@bo you", word, 3, "@bob")).toEqual({ text: "@bob you", place: 5 });
});

test.each([
  [":tada:", ["tada", 0]],
  ["so :+1:", ["+1", 3]],
  ["12:30:", null],
  ["a:b:", null],
  ["::", null],
  [":tada: ", null],
])("a shortcode that ends here: %j", (text, found) => {
  const code = codeAt(text, text.length);
  expect(code && [code.letters, code.from]).toEqual(found);
});

test("a name that is put after a letter begins a word of its own", () => {
  expect(["done", "done ", "", "(", "好"].map((before) => asWord(":party:", before))).toEqual([
    " :party:",
    ...Array(4).fill(":party:"),
  ]);
  expect(asWord("🎉", "done")).toBe("🎉");
});

test("a shortcode that was written to its end is replaced, and nothing is put behind it", () => {
  const text = "now :tada: or";
  const code = codeAt(text, 10);
  if (!code) throw new Error("no shortcode");
  expect(replaced(text, code, 10, "🎉")).toEqual({ text: "now 🎉 or", place: 6 });
});
