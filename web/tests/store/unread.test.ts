/** What is unread is derived from the log and the mark, and doubted where it can't be. */
import { describe, expect, test } from "vitest";
import { badge, title } from "../../src/store/names.ts";
import type { Happening } from "../../src/store/state.ts";
import { COUNTED, mentionCount, unreadCount } from "../../src/store/unread.ts";
import { BOB, event, log, message, page, ready, room, stateAfter, stored } from "./making.ts";

const START = [ready([room({ last_seq: 10, read_seq: 8, unread: 2, mentions: 1 })])];

function counts(happenings: Happening[]) {
  const found = stateAfter(happenings).rooms.get("r1");
  if (!found) throw new Error("no room");
  const { unread } = found;
  return {
    unread: unreadCount(unread),
    mentions: mentionCount(unread),
    doubt: unread.doubt,
    read: unread.read,
  };
}

const frame = (seq: number, user = "me"): Happening => ({
  type: "read",
  frame: { type: "read", room: "r1", user, seq },
});

describe("what is unread", () => {
  test("is what the server said and what came since", () => {
    expect(counts([...START, log(message(11)), log(message(12, { mentions: ["me"] }))])).toEqual({
      unread: 4,
      mentions: 2,
      doubt: false,
      read: 8,
    });
  });

  test("does not count a replay of what the server had counted", () => {
    expect(counts([...START, log(message(9)), log(message(10))]).unread).toBe(2);
  });

  test("does not count replies in a thread, nor what was deleted before the replay", () => {
    const others = [log(message(11, { thread: 3 })), log(message(12, { deleted: true, text: "" }))];
    expect(counts([...START, ...others]).unread).toBe(2);
  });

  test("does not count what blocked people say, and is doubted when one blocks somebody", () => {
    const block = (blocked: boolean): Happening => ({ type: "block", user: "eve", blocked });
    const said = log(message(11, { sender: "eve", everyone: true }));
    expect(counts([...START, block(true)])).toMatchObject({ unread: 2, doubt: true });
    const asked = ready([room({ last_seq: 10, read_seq: 8, unread: 1, mentions: 1 })]);
    const known = [...START, block(true), asked];
    expect(counts([...known, said])).toMatchObject({ unread: 1, mentions: 1, doubt: false });
    expect(counts([...known, said, log(message(12))]).unread).toBe(2);
    expect(counts([...known, block(true)]).doubt).toBe(false);
    expect(counts([...known, block(false)]).doubt).toBe(true);
    const read = ready([room({ last_seq: 10, read_seq: 10, unread: 0 })]);
    expect(counts([read, block(true)]).doubt).toBe(false);
    expect(counts([{ type: "blocks", users: [{ ...BOB, id: "eve" }] }, read, said]).unread).toBe(0);
  });

  test("counts a mention of everyone", () => {
    expect(counts([...START, log(message(11, { everyone: true }))]).mentions).toBe(2);
  });

  test("ends with one's own message, which moves the mark", () => {
    expect(counts([...START, log(message(11, { sender: "me" }))])).toEqual({
      unread: 0,
      mentions: 0,
      doubt: false,
      read: 11,
    });
  });

  test("ends with the mark, here or on another device; others' marks are theirs", () => {
    expect(counts([...START, log(message(11)), frame(11)]).unread).toBe(0);
    expect(counts([...START, { type: "marked", room: "r1", seq: 10 }]).unread).toBe(0);
    expect(counts([...START, frame(10, "bob")]).unread).toBe(2);
  });

  test("is not what came after the mark moved on another device", () => {
    expect(counts([...START, frame(12), log(message(11)), log(message(12))]).unread).toBe(0);
  });

  test("loses a message that is deleted, once", () => {
    const gone = log(event("message.deleted", 12, { target: 11 }));
    expect(counts([...START, log(message(11)), gone]).unread).toBe(2);
    expect(counts([...START, log(message(11)), gone, gone]).unread).toBe(2);
  });

  test("is doubted when one of those is deleted that the server counted", () => {
    const gone = log(event("message.deleted", 11, { target: 9 }));
    expect(counts([...START, gone])).toMatchObject({ unread: 2, doubt: true });
    const asked: Happening = { type: "room", room: room({ last_seq: 11, read_seq: 8, unread: 1 }) };
    expect(counts([...START, gone, asked])).toMatchObject({ unread: 1, doubt: false });
  });

  test("is not doubted when what is deleted was read", () => {
    expect(counts([...START, log(event("message.deleted", 11, { target: 5 }))]).doubt).toBe(false);
  });

  test("is doubted when the mark moves to between those that the server counted", () => {
    expect(counts([...START, frame(9)])).toMatchObject({ read: 9, doubt: true });
  });

  test("is doubted when the mark moved back elsewhere, and then as the server says", () => {
    const back: Happening[] = [...START, frame(10), frame(3)];
    expect(counts(back).doubt).toBe(true);
    const asked: Happening = { type: "room", room: room({ last_seq: 10, read_seq: 3, unread: 7 }) };
    expect(counts([...back, asked])).toEqual({ unread: 7, mentions: 0, doubt: false, read: 3 });
  });

  test("is not changed by an answer older than what is known", () => {
    const late: Happening = { type: "room", room: room({ last_seq: 9, read_seq: 8, unread: 1 }) };
    expect(counts([...START, log(message(11)), late]).unread).toBe(3);
  });

  test("keeps what came after the answer", () => {
    const asked: Happening = { type: "room", room: room({ last_seq: 11, read_seq: 8, unread: 3 }) };
    expect(counts([...START, log(message(11)), log(message(12)), asked]).unread).toBe(4);
    const again: Happening = { type: "room", room: room({ last_seq: 12, read_seq: 8, unread: 4 }) };
    expect(counts([...START, log(message(11)), log(message(12)), again]).unread).toBe(4);
  });

  test("is known one by one when the log from the mark on is at hand", () => {
    const open: Happening[] = [
      ...START,
      { type: "open", room: "r1" },
      { type: "page", room: "r1", page: page([stored(8), stored(9), stored(10)], 10) },
    ];
    expect(counts(open).unread).toBe(2);
    expect(counts([...open, frame(9)])).toMatchObject({ unread: 1, doubt: false });
    const gone = log(event("message.deleted", 11, { target: 9 }));
    expect(counts([...open, gone])).toMatchObject({ unread: 1, doubt: false });
  });

  test("follows an edit that mentions me, or no longer", () => {
    const edit = (seq: number, mentions: string[]) =>
      log(event("message.edited", seq, { target: 11, text: "x", mentions }));
    const named = [...START, log(message(11)), edit(12, ["me"])];
    expect(counts(named).mentions).toBe(2);
    expect(counts([...named, edit(13, [])]).mentions).toBe(1);
    const counted = log(event("message.edited", 11, { target: 9, text: "x", mentions: ["me"] }));
    expect(counts([...START, counted]).doubt).toBe(true);
  });

  test("is asked anew after a gap", () => {
    expect(counts([...START, { type: "missed", room: "r1", before: 50 }]).doubt).toBe(true);
    expect(counts([...START, { type: "rewound", room: "r1", to: 4 }])).toMatchObject({
      doubt: true,
      read: 4,
    });
  });

  test("stays exact and bounded however much comes", () => {
    const many = Array.from({ length: COUNTED + 500 }, (_, at) => log(message(11 + at)));
    const state = stateAfter([...START, ...many]);
    const unread = state.rooms.get("r1")?.unread;
    expect(unread && unreadCount(unread)).toBe(2 + COUNTED + 500);
    expect(unread?.above.length).toBeLessThanOrEqual(COUNTED);
  });
});

test("a muted room counts, and shows no badge", () => {
  const state = stateAfter([ready([room({ last_seq: 10, read_seq: 8, unread: 2, muted: true })])]);
  const muted = state.rooms.get("r1");
  expect(muted && unreadCount(muted.unread)).toBe(2);
  expect(muted && badge(muted)).toBe(0);
  expect(title(state)).toBe("Parley");
});

test("the title tells what is unread everywhere and which room is open", () => {
  const rooms = [
    room({ last_seq: 3, read_seq: 1, unread: 2 }),
    room({ id: "r2", name: "Tea", last_seq: 9, read_seq: 8, unread: 1 }),
  ];
  expect(title(stateAfter([ready(rooms)]))).toBe("(3) Parley");
  expect(title(stateAfter([ready(rooms), { type: "open", room: "r2" }]))).toBe("(3) Tea – Parley");
});
