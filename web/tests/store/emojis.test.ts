/** Custom emoji by name: found by letters, added and removed without asking again. */
import { expect, test } from "vitest";
import {
  emojisOf,
  fitting,
  NO_EMOJIS,
  nameFor,
  nameIn,
  shortcode,
  withEmoji,
  withoutEmoji,
} from "../../src/store/emojis.ts";
import { reduce, signedIn } from "../../src/store/state.ts";
import { emoji, ME } from "./making.ts";

const some = emojisOf({
  emoji: ["parrot", "party", "tea_party"].map((name) => emoji(name)),
  may_add: "admins",
});
const names = (emojis = some) => [...emojis.named.keys()];

test("a shortcode is a name between colons, and nothing else is", () => {
  expect(nameIn(shortcode("party_parrot"))).toBe("party_parrot");
  for (const text of [
    "👍",
    ":x:",
    ":Party:",
    ":a b:",
    "::",
    ":party",
    ` ${shortcode("party")}`,
    "",
  ])
    expect(nameIn(text)).toBeNull();
});

test("the closest names come first, and no more than asked for", () => {
  const found = (letters: string, limit = 8) =>
    fitting(some, letters, limit).map((one) => one.name);
  expect(found("par")).toEqual(["party", "parrot", "tea_party"]);
  expect(found("PARTY")).toEqual(["party", "tea_party"]);
  expect(found("par", 1)).toEqual(["party"]);
  expect(found("zebra")).toEqual([]);
});

test("one is added in its place, or in place of the one of that name, and removed", () => {
  const more = withEmoji(some, emoji("pasta"));
  expect(names(more)).toEqual(["parrot", "party", "pasta", "tea_party"]);
  const other = withEmoji(more, { ...emoji("party"), url: "/other" });
  expect(names(other)).toHaveLength(4);
  expect(other.named.get("party")?.url).toBe("/other");
  expect(names(withoutEmoji(more, "party"))).toEqual(["parrot", "pasta", "tea_party"]);
  expect(names()).toEqual(["parrot", "party", "tea_party"]);
});

test("what was learned is part of the state", () => {
  const state = signedIn(ME);
  expect(state.emojis).toBe(NO_EMOJIS);
  expect(reduce(state, { type: "emojis", emojis: some }).emojis).toBe(some);
});

test.each([
  ["Party Parrot (1).gif", "party_parrot_1"],
  ["шляпа.png", ""],
  ["a.png", ""],
  [".png", ""],
  [`${"x".repeat(50)}.png`, "x".repeat(32)],
])("a file called %s may be called %j", (file, name) => {
  expect(nameFor(file)).toBe(name);
});
