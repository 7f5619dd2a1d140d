/** Pages and the stream make one log, whatever comes first and whatever is lost between. */
import { describe, expect, test } from "vitest";
import { CHANGES, EARLY_EVENTS } from "../../src/store/log.ts";
import type { Happening } from "../../src/store/state.ts";
import { event, log, message, page, ready, room, stateAfter, stored, texts } from "./making.ts";

const OPEN: Happening[] = [ready([room({ last_seq: 2 })]), { type: "open", room: "r1" }];
const newest = (p: ReturnType<typeof page>): Happening => ({ type: "page", room: "r1", page: p });
const older = (p: ReturnType<typeof page>, before: number): Happening => ({
  type: "older",
  room: "r1",
  page: p,
  before,
});
const logOf = (happenings: Happening[]) => stateAfter(happenings).rooms.get("r1")?.log;
const bottom = (at: boolean): Happening => ({ type: "bottom", room: "r1", at });

describe("a page and the stream", () => {
  const whole = ["text 1", "text 2", "text 3", "text 4"];

  test.each([0, 1, 2])("join when the page comes after %i of the events", (before) => {
    const events = [log(message(3)), log(message(4))];
    const first = newest(page([stored(1), stored(2)], 2));
    const mixed = [...events.slice(0, before), first, ...events.slice(before)];
    expect(texts(stateAfter([...OPEN, ...mixed]))).toEqual(whole);
  });

  test.each([2, 3, 4])("join when the page holds the log up to %i already", (asOf) => {
    const kept = [1, 2, 3, 4].filter((seq) => seq <= asOf).map((seq) => stored(seq));
    const mixed = [log(message(3)), log(message(4)), newest(page(kept, asOf))];
    expect(texts(stateAfter([...OPEN, ...mixed]))).toEqual(whole);
  });

  test("an edit that the page has in it is not applied again", () => {
    const edit = event("message.edited", 3, { target: 1, text: "first edit", mentions: [] });
    const held = page([stored(1, { text: "second edit", edited_ms: 4000 })], 4);
    expect(texts(stateAfter([...OPEN, log(edit), newest(held)]))).toEqual(["second edit"]);
    expect(texts(stateAfter([...OPEN, newest(held), log(edit)]))).toEqual(["second edit"]);
  });

  test("a reaction that the page has counted is not counted again", () => {
    const reaction = event("reaction.added", 3, { target: 1, emoji: "👍" });
    const held = page([stored(1, { reactions: [{ emoji: "👍", count: 1, me: false }] })], 3);
    const state = stateAfter([...OPEN, log(reaction), newest(held), log(reaction)]);
    expect(state.rooms.get("r1")?.log?.messages[0]?.reactions).toEqual([
      { emoji: "👍", count: 1, me: false },
    ]);
  });

  test("a deleted message keeps nothing, and nothing comes back to it", () => {
    const pin = event("message.pinned", 3, { target: 1 });
    const reaction = event("reaction.added", 4, { target: 1, emoji: "👍" });
    const deletion = event("message.deleted", 5, { target: 1 });
    const emptied = event("message.edited", 6, { target: 1, text: "", mentions: [] });
    const held = page([stored(1, { mentions: ["me"], everyone: true, edited_ms: 7 })], 2);
    const live = [pin, reaction, deletion, emptied, { ...reaction, seq: 7 }].map(log);
    const state = stateAfter([...OPEN, newest(held), ...live]);
    const shown = state.rooms.get("r1")?.log?.messages[0];
    const bare = stored(1, { text: "", deleted: true });
    expect(shown).toStrictEqual({ ...bare, as_of: 7 });
  });

  test("a pin comes and goes", () => {
    const pin = event("message.pinned", 3, { target: 1 });
    const unpin = event("message.unpinned", 4, { target: 1 });
    const pinned = (...events: Happening[]) =>
      logOf([...OPEN, newest(page([stored(1)], 2)), ...events])?.messages[0]?.pinned;
    expect(pinned(log(pin))).toBe(true);
    expect(pinned(log(pin), log(unpin))).toBeUndefined();
  });

  test("an edit says whom it mentions from now on", () => {
    const edit = event("message.edited", 3, {
      target: 1,
      text: "@room",
      mentions: ["me"],
      everyone: true,
    });
    const again = event("message.edited", 4, { target: 1, text: "no", mentions: [] });
    const held = newest(page([stored(1)], 2));
    expect(logOf([...OPEN, held, log(edit)])?.messages[0]).toMatchObject({
      mentions: ["me"],
      everyone: true,
    });
    expect(logOf([...OPEN, held, log(edit), log(again)])?.messages[0]).toMatchObject({
      mentions: [],
      everyone: false,
    });
  });

  test("a page that does not reach what is known is let go and wanted still", () => {
    const state = stateAfter([...OPEN, newest(page([stored(1)], 1))]);
    expect(state.rooms.get("r1")?.log).toMatchObject({ phase: "loading", messages: [] });
  });

  test("too many events before the page make a later page necessary", () => {
    const flood = Array.from({ length: EARLY_EVENTS + 1 }, (_, at) => log(message(at + 3)));
    const last = EARLY_EVENTS + 3;
    const before = [...OPEN, ...flood, newest(page([stored(2)], 2))];
    expect(logOf(before)).toMatchObject({ phase: "loading", since: last, early: [] });
    const after_ = [...before, log(message(last + 1)), newest(page([stored(last)], last))];
    expect(texts(stateAfter(after_))).toEqual([`text ${last}`, `text ${last + 1}`]);
  });

  test("the same message twice in the log is shown once", () => {
    const twice = [log(message(3)), log(message(4, { id: "key-3" }))];
    expect(texts(stateAfter([...OPEN, newest(page([], 2)), ...twice]))).toEqual(["text 3"]);
  });

  test("an event that was applied already changes nothing", () => {
    const events = [log(message(3)), log(message(3))];
    expect(texts(stateAfter([...OPEN, newest(page([], 2)), ...events]))).toEqual(["text 3"]);
  });
});

describe("older pages", () => {
  const held = [...OPEN, newest(page([stored(5), stored(6)], 6, true))];

  test("come in front, and the last of them is the beginning", () => {
    const all = [...held, older(page([stored(3), stored(4)], 6, true), 5)];
    expect(logOf(all)).toMatchObject({ from: 3, more: true });
    const state = stateAfter([...all, older(page([stored(1)], 6), 3)]);
    expect(texts(state)).toEqual(["text 1", "text 3", "text 4", "text 5", "text 6"]);
    expect(state.rooms.get("r1")?.log).toMatchObject({ from: 0, more: false });
  });

  test("that nobody waits for any more are let go", () => {
    const once = older(page([stored(4)], 6, true), 5);
    expect(texts(stateAfter([...held, once, once]))).toEqual(["text 4", "text 5", "text 6"]);
  });

  test("that were asked for before the log let go of what they join are let go", () => {
    const many = Array.from({ length: 400 }, (_, at) => log(message(at + 7)));
    const late = older(page([stored(4)], 6), 5);
    expect(texts(stateAfter([...held, ...many, bottom(true), late]))[0]).toBe("text 107");
  });

  test("that lag behind the log get what was changed meanwhile", () => {
    const gone = log(event("message.deleted", 7, { target: 4 }));
    const state = stateAfter([...held, gone, older(page([stored(4)], 6), 5)]);
    expect(texts(state)).toEqual(["(deleted)", "text 5", "text 6"]);
  });

  test("that lag behind further than changes are known are asked for again", () => {
    const many = Array.from({ length: CHANGES + 1 }, (_, at) =>
      log(event("reaction.added", 7 + at, { target: 4, emoji: "👍" })),
    );
    const late = [...held, ...many, older(page([stored(4)], 6), 5)];
    expect(logOf(late)).toMatchObject({ from: 5, more: true });
    const whole = page([stored(4, { reactions: [{ emoji: "👍", count: 9, me: false }] })], 7);
    expect(logOf([...late, older(whole, 5)])?.messages[0]?.reactions[0]?.count).toBe(9 + CHANGES);
  });

  test("that are ahead of the log do not get changes twice", () => {
    const ahead = page([stored(4, { reactions: [{ emoji: "👍", count: 1, me: false }] })], 7);
    const reaction = log(event("reaction.added", 7, { target: 4, emoji: "👍" }));
    expect(logOf([...held, older(ahead, 5), reaction])?.messages[0]?.reactions[0]?.count).toBe(1);
  });
});

describe("what is lost", () => {
  const held = [...OPEN, newest(page([stored(1), stored(2)], 2))];

  test("makes the log stale until a page reaches beyond it; what came meanwhile follows", () => {
    const missed: Happening[] = [{ type: "missed", room: "r1", before: 9 }, log(message(9))];
    const stale = stateAfter([...held, ...missed]);
    expect(stale.rooms.get("r1")?.log?.phase).toBe("stale");
    expect(texts(stale)).toEqual(["text 1", "text 2"]);
    const early = stateAfter([newest(page([stored(7)], 7))], stale);
    expect(early.rooms.get("r1")?.log?.phase).toBe("stale");
    const mended = stateAfter([newest(page([stored(7), stored(8)], 8, true))], stale);
    expect(texts(mended)).toEqual(["text 7", "text 8", "text 9"]);
  });

  test("before the first page came is in that page", () => {
    const state = stateAfter([...OPEN, { type: "missed", room: "r1", before: 9 }]);
    expect(state.rooms.get("r1")?.log).toMatchObject({ phase: "loading", since: 8 });
  });

  test("by the server itself is taken off the screen", () => {
    const state = stateAfter([...held, log(message(3)), { type: "rewound", room: "r1", to: 2 }]);
    expect(texts(state)).toEqual(["text 1", "text 2"]);
    expect(state.rooms.get("r1")?.log?.phase).toBe("stale");
    const on = [newest(page([stored(1), stored(2)], 2)), log(message(1_000))];
    expect(texts(stateAfter(on, state))).toEqual(["text 1", "text 2", "text 1000"]);
  });
});

describe("what happens to a message", () => {
  const held = [...OPEN, newest(page([stored(1), stored(2)], 2))];

  test("an edit gives it its new text and says when", () => {
    const state = stateAfter([
      ...held,
      log(event("message.edited", 3, { target: 1, text: "new", mentions: ["me"] })),
    ]);
    expect(state.rooms.get("r1")?.log?.messages[0]).toMatchObject({
      text: "new",
      edited_ms: 3000,
      mentions: ["me"],
    });
  });

  test("a deletion leaves its place and nothing of it", () => {
    const state = stateAfter([...held, log(event("message.deleted", 3, { target: 2 }))]);
    expect(texts(state)).toEqual(["text 1", "(deleted)"]);
    expect(state.rooms.get("r1")?.log?.messages[1]?.text).toBe("");
  });

  test("reactions are counted, mine known, and gone with the last", () => {
    const by = (seq: number, type: "reaction.added" | "reaction.removed", who: string) =>
      log(event(type, seq, { target: 1, emoji: ":ok:", by: who }));
    const two = [by(3, "reaction.added", "bob"), by(4, "reaction.added", "me")];
    expect(logOf([...held, ...two])?.messages[0]?.reactions).toEqual([
      { emoji: ":ok:", count: 2, me: true },
    ]);
    const one = [...two, by(5, "reaction.removed", "me")];
    expect(logOf([...held, ...one])?.messages[0]?.reactions).toEqual([
      { emoji: ":ok:", count: 1, me: false },
    ]);
    const none = [...one, by(6, "reaction.removed", "bob")];
    expect(logOf([...held, ...none])?.messages[0]?.reactions).toEqual([]);
  });

  test("an event about a message that is not held does no harm", () => {
    const state = stateAfter([...held, log(event("message.deleted", 3, { target: 77 }))]);
    expect(texts(state)).toEqual(["text 1", "text 2"]);
  });

  test("held messages beyond the bound are let go and can be paged again", () => {
    const many = Array.from({ length: 400 }, (_, at) => log(message(at + 3)));
    const state = stateAfter([...held, ...many, bottom(true)]);
    expect(state.rooms.get("r1")?.log).toMatchObject({ from: 103, more: true });
    expect(texts(state)).toHaveLength(300);
  });

  test.each<[string, Happening[], number]>([
    ["is read at its end holds no more, for however long", [bottom(true)], 301],
    [
      "is held and not open holds no more either",
      [bottom(true), { type: "open", room: null }],
      301,
    ],
    ["one scrolled up in keeps what one may be reading", [bottom(true), bottom(false)], 402],
  ])("a room that %s", (_, before, kept) => {
    const many = Array.from({ length: 400 }, (_, at) => log(message(at + 3)));
    const state = stateAfter([...held, ...before, ...many]);
    expect(texts(state)).toHaveLength(kept);
    expect(texts(state).at(-1)).toBe("text 402");
  });
});

describe("a quote", () => {
  const long = "é".repeat(300);
  const answer = message(3, { reply_to: 1 });
  const quotes = (...happenings: Happening[]) =>
    logOf([...OPEN, ...happenings])?.messages.map((one) => one.quote);

  test("comes with the page, and to a new message from the one that is held", () => {
    const held = newest(page([stored(1, { text: long })], 2));
    const [, quote] = quotes(held, log(answer)) ?? [];
    expect(quote).toEqual({
      seq: 1,
      sender: "bob",
      sender_name: "Bob",
      text: "é".repeat(200),
    });
    const [first] = quotes(newest(page([stored(2)], 2)), log(answer))?.slice(1) ?? [];
    expect(first).toBeUndefined();
  });

  test("follows the message that it is of", () => {
    const quote = { seq: 1, sender: "bob", sender_name: "Bob", text: "text 1" };
    const held = newest(page([stored(2, { reply_to: 1, quote })], 2));
    const edit = event("message.edited", 3, { target: 1, text: "new", mentions: [] });
    const deletion = event("message.deleted", 4, { target: 1 });
    const late = event("message.edited", 5, { target: 1, text: "late", mentions: [] });
    expect(quotes(held, log(edit))).toEqual([{ ...quote, text: "new" }]);
    const reaction = event("reaction.added", 3, { target: 1, emoji: "👍" });
    expect(quotes(held, log(reaction))).toEqual([quote]);
    const gone = { ...quote, text: "", deleted: true };
    expect(quotes(held, log(edit), log(deletion), log(late))).toEqual([gone]);
    expect(quotes(held, log(event("message.deleted", 3, { target: 2 })))).toEqual([undefined]);
    const both = [stored(1, { text: "", deleted: true })];
    expect(quotes(newest(page(both, 2)), log(answer))?.at(1)).toMatchObject({ deleted: true });
  });

  test("in an older page knows what has happened since", () => {
    const quote = { seq: 1, sender: "bob", sender_name: "Bob", text: "text 1" };
    const held = newest(page([stored(3)], 3, true));
    const deletion = event("message.deleted", 4, { target: 1 });
    const before = older(page([stored(1), stored(2, { reply_to: 1, quote })], 3), 3);
    const shown = logOf([...OPEN, held, log(deletion), before])?.messages;
    expect(shown?.map((one) => one.deleted ?? one.quote?.deleted)).toEqual([true, true, undefined]);
  });
});
