/** One's own typing is said seldom, and its end where nothing else says it. */
import { expect, test } from "vitest";
import { AGAIN_MS, MEMBERS, Typist } from "../../src/doing/typist.ts";

const ON = { room: "r1", active: true };
const OFF = { room: "r1", active: false };

test("a word is said with the first letter, and again only after a while", () => {
  const typist = new Typist();
  expect(typist.drafted("r1", "h", 2, 0)).toEqual(ON);
  expect(typist.drafted("r1", "he", 2, AGAIN_MS - 1)).toBeNull();
  expect(typist.drafted("r1", "hel", 2, AGAIN_MS)).toEqual(ON);
});

test("the end is said once when the field is empty again", () => {
  const typist = new Typist();
  typist.drafted("r1", "h", 2, 0);
  expect(typist.drafted("r1", " ", 2, 10)).toEqual(OFF);
  expect(typist.drafted("r1", "", 2, 20)).toBeNull();
  expect(typist.drafted("r1", "x", 2, 30)).toEqual(ON);
});

test("a message that was sent says the end by itself", () => {
  const typist = new Typist();
  typist.drafted("r1", "h", 2, 0);
  typist.sent("r1");
  expect(typist.drafted("r1", "", 2, 10)).toBeNull();
  expect(typist.stopped()).toBeNull();
});

test("the end is said when one turns to another room, which is typed in anew", () => {
  const typist = new Typist();
  typist.drafted("r1", "h", 2, 0);
  expect(typist.stopped()).toEqual(OFF);
  expect(typist.drafted("r2", "x", 2, 1)).toEqual({ room: "r2", active: true });
  expect(typist.drafted("r1", "", 2, 2)).toBeNull();
});

test("nothing is said in a room of too many", () => {
  const typist = new Typist();
  expect(typist.drafted("r1", "h", MEMBERS + 1, 0)).toBeNull();
  expect(typist.drafted("r1", "h", MEMBERS, 0)).toEqual(ON);
});
