/** What people write becomes what they mean by it; whatever else they write is text. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Inline, inline } from "../../src/text/inline.ts";
import { type Block, isEmojiOnly, markdown } from "../../src/text/markdown.ts";

/** A tree in short: `b(…)`, `i(…)`, `s(…)`, `c(…)`, `a(href|text)`, `@(name)`. */
function short(pieces: readonly Inline[]): string {
  return pieces
    .map((piece) => {
      switch (piece.type) {
        case "text":
          return piece.text;
        case "code":
          return `c(${piece.text})`;
        case "link":
          return `a(${piece.href}|${piece.text})`;
        case "mention":
          return `@(${piece.name})`;
        case "emoji":
          return `:(${piece.name})`;
        default:
          return `${piece.type[0]}(${short(piece.children)})`;
      }
    })
    .join("");
}

const all = (blocks: readonly Block[]): string => blocks.map(one).join("");

function one(block: Block): string {
  switch (block.type) {
    case "text":
      return `p(${short(block.children)})`;
    case "pre":
      return `pre(${block.text})`;
    case "quote":
      return `q(${all(block.children)})`;
    case "list":
      return `${block.start ?? "-"}[${block.items.map((item) => short(item.children) + all(item.within)).join("|")}]`;
  }
}

describe("within a line", () => {
  test.each([
    ["plain", "plain"],
    ["**bold** and *it* and _it_ and ~~gone~~", "b(bold) and i(it) and i(it) and s(gone)"],
    ["***both***", "b(i(both))"],
    ["**a *b* c**", "b(a i(b) c)"],
    ["`code **not bold**`", "c(code **not bold**)"],
    ["``a`b``", "c(a`b)"],
    ["snake_case_name", "snake_case_name"],
    ["__init__.py, ___ and _a __b__ c_", "__init__.py, ___ and i(a __b__ c)"],
    ["2 * 3 * 4", "2 * 3 * 4"],
    ["**open", "**open"],
    ["a ** b **", "a ** b **"],
    ["****", "****"],
    ["*a **b*", "i(a **b)"],
    ["\\*not\\*", "*not*"],
    ["¯\\_(ツ)_/¯", "¯\\_(ツ)_/¯"],
    ["`", "`"],
    ["[x](https://a.example/b)", "a(https://a.example/b|x)"],
    ["see https://a.example/b?c=d.", "see a(https://a.example/b?c=d|https://a.example/b?c=d)."],
    ["(https://a.example/x_(y))", "(a(https://a.example/x_(y)|https://a.example/x_(y)))"],
    ["[post](mailto:a@b.example)", "a(mailto:a@b.example|post)"],
    ["@bob, @bob.", "@(bob), @(bob)."],
    ["bob@example.org", "bob@example.org"],
    [":party: :party_parrot:!", ":(party) :(party_parrot)!"],
    ["**:party:**:a1::b2:", "b(:(party)):(a1):(b2)"],
    ["你好:party: _:party:_", "你好:(party) i(:(party))"],
    ["12:30:15 a:bc: :Party: :x: :: :a b:", "12:30:15 a:bc: :Party: :x: :: :a b:"],
    ["`:party:` \\:party:", "c(:party:) :party:"],
    ["https://a.example/:party:", "a(https://a.example/:party|https://a.example/:party):"],
    ["xhttps://a.example", "xhttps://a.example"],
  ])("%s", (text, meant) => {
    expect(short(inline(text))).toBe(meant);
  });
});

describe("lines", () => {
  test.each([
    ["a\nb", "p(a\nb)"],
    ["a\n\nb", "p(a\n\nb)"],
    ["```\n**x**\n```", "pre(**x**)"],
    ["```js\nx\n```\ny", "pre(x)p(y)"],
    ["```\nnever closed", "p(```\nnever closed)"],
    ["> a\n> b\nc", "q(p(a\nb))p(c)"],
    ["> > a", "q(q(p(a)))"],
    ["- a\n- *b*", "-[a|i(b)]"],
    ["3. a\n4. b", "3[a|b]"],
    ["- a\n1. b\n2. c\n- d", "-[a]1[b|c]-[d]"],
    ["1. a\n   - b\n   - c\n2. d", "1[a-[b|c]|d]"],
    ["- a\n\t- b\n\t\t1. c\n- d", "-[a-[b1[c]]|d]"],
    ["- a\n - b", "-[a|b]"],
    ["- 1\n  - 2\n    - 3\n      - 4\n        - 5", "-[1-[2-[3-[4|5]]]]"],
    ["  - a\n- b", "-[a|b]"],
    ["    - a", "p(    - a)"],
    ["-a", "p(-a)"],
    ["*a*", "p(i(a))"],
    ["a\n- b", "p(a)-[b]"],
    ["> ```\n> x\n> ```", "q(pre(x))"],
  ])("%j", (text, meant) => {
    expect(all(markdown(text))).toBe(meant);
  });
});

/** Every text and address in a tree. */
function leaves(blocks: readonly Block[]): { texts: string; links: string[] } {
  const links: string[] = [];
  const of = (pieces: readonly Inline[]): string =>
    pieces
      .map((piece) => {
        if ("children" in piece) return of(piece.children);
        if (piece.type === "link") links.push(piece.href);
        if ("text" in piece) return piece.text;
        return piece.type === "mention" ? `@${piece.name}` : `:${piece.name}:`;
      })
      .join("");
  const from = (parts: readonly Block[]): string =>
    parts
      .map((part) => {
        if (part.type === "pre") return part.text;
        if (part.type === "quote") return from(part.children);
        if (part.type === "text") return of(part.children);
        return part.items.map((item) => of(item.children) + from(item.within)).join("");
      })
      .join("");
  return { texts: from(blocks), links };
}

describe("what somebody means ill", () => {
  test.each([
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "[x](//a.example)",
    "[x](/rooms/r1)",
    "[x](file:///etc/passwd)",
    "javascript:alert(1)",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](\u0001javascript:alert(1))",
    "[x](java\nscript:alert(1))",
  ])("leads nowhere: %j", (text) => {
    expect(leaves(markdown(text)).links.filter((href) => !/^(https?|mailto):/i.test(href))).toEqual(
      [],
    );
    expect(leaves(markdown(text)).links).toEqual([]);
  });

  test("is never more than text and addresses of the web, whatever it is", () => {
    const piece = fc.constantFrom(
      ..."*_~`[]()<>@\\#-.:/> \nax1".split(""),
      "**",
      "```",
      "https://",
      "javascript:",
      "](",
      "> ",
      "- ",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const { links } = leaves(markdown(pieces.join("")));
        expect(links.every((href) => /^(https?:|mailto:)/i.test(href))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("loses no letter of what is not a mark", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(..."abc*_~` ".split("")), { maxLength: 40 }),
        (found) => {
          const letters = (text: string) => text.replace(/[^abc]/g, "");
          const text = found.join("");
          expect(letters(leaves(markdown(text)).texts)).toBe(letters(text));
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    ...[
      "*a ",
      "`",
      "[",
      "_a",
      "**a",
      "> ",
      "```x\n",
      "- ",
      "https://",
      "\\",
      "@a",
      "((((",
      ":a",
      ":aa",
    ],
  ])("costs no more than its length: %j for 16 KB", (unit) => {
    const began = performance.now();
    markdown(unit.repeat(Math.floor(16_384 / unit.length)));
    expect(performance.now() - began).toBeLessThan(500);
  });
});

test.each([
  ["👍", true],
  ["👍🏽 🎉", true],
  ["👩‍👩‍👧", true],
  ["🇳🇱", true],
  ["❤️", true],
  ["ok 👍", false],
  ["1", false],
  ["", false],
  ["👍".repeat(7), false],
  [":party:", true],
  [":party: 👍 :party::party:", true],
  [":party: yes", false],
  [":nothing:", false],
  [":party:".repeat(7), false],
  [":party:".repeat(1_000), false],
])("%s is nothing but a few emoji: %s", (text, only) => {
  expect(isEmojiOnly(text, (name) => name === "party")).toBe(only);
});
