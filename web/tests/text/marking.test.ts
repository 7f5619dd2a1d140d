/** A key marks what is selected, and takes the mark away again. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { marked, markOf } from "../../src/text/marking.ts";

test("what is selected gets the mark around it, and stays selected", () => {
  const bold = marked({ text: "so very good", from: 3, to: 7 }, "**");
  expect(bold).toEqual({ text: "so **very** good", from: 5, to: 9 });
});

test("with nothing selected one writes on between the marks", () => {
  expect(marked({ text: "", from: 0, to: 0 }, "_")).toEqual({ text: "__", from: 1, to: 1 });
});

test("the same key twice changes nothing", () => {
  const whole = fc.record({ text: fc.string(), one: fc.nat(30), other: fc.nat(30) });
  fc.assert(
    fc.property(whole, fc.constantFrom("**", "_", "`"), ({ text, one, other }, mark) => {
      const [from = 0, to = 0] = [one, other]
        .map((place) => Math.min(place, text.length))
        .sort((a, b) => a - b);
      const selected = { text, from, to };
      const isMarked = text.slice(0, from).endsWith(mark) && text.slice(to).startsWith(mark);
      fc.pre(!isMarked);
      expect(marked(marked(selected, mark), mark)).toEqual(selected);
    }),
  );
});

test("other keys mark nothing", () => {
  expect(["b", "B", "i", "e", "x"].map(markOf)).toEqual(["**", "**", "_", "`", null]);
});
