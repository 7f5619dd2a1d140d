/** A list on the screen becomes the next one in steps that change one end at a time. */
import { describe, expect, test } from "vitest";
import { type Stage, stage } from "../../src/views/stages.ts";

const rows = (letters: string) => [...letters].map((key) => ({ key }));

/** Every step until what is wanted is there, as letters and what the list is told. */
function steps(shown: string, wanted: string): string[] {
  const taken: string[] = [];
  let now = rows(shown);
  let next: Stage<{ key: string }>;
  do {
    next = stage(now, rows(wanted));
    now = [...next.rows];
    const word = next.anew ? "anew" : next.shift ? "shift" : "plain";
    taken.push(`${now.map(({ key }) => key).join("")} ${word}`);
  } while (next.more);
  return taken;
}

describe("the steps", () => {
  test.each([
    ["nothing changed", "abc", "abc", ["abc plain"]],
    ["new ones below", "abc", "abcd", ["abcd plain"]],
    ["older ones above", "cd", "abcd", ["abcd shift"]],
    ["both: above first", "cd", "abcde", ["abcd shift", "abcde plain"]],
    ["older above while the newest go", "cdef", "abcd", ["abcdef shift", "abcd plain"]],
    ["the oldest go", "abcd", "cd", ["cd shift"]],
    ["the oldest go as new ones come", "abcd", "cde", ["abcde plain", "cde shift"]],
    ["as many go as come", "abcd", "bcde", ["abcde plain", "bcde shift"]],
    ["one in the middle", "abd", "abcd", ["abcd plain"]],
    ["another place altogether", "abc", "xyz", ["xyz anew"]],
    ["the first ones", "", "abc", ["abc plain"]],
    ["all go", "abc", "", [" plain"]],
  ])("when %s", (_, shown, wanted, taken) => {
    expect(steps(shown, wanted)).toEqual(taken);
  });
});
