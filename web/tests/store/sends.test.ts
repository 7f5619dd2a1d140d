/** One's own message is on the screen at once, once, and says how it fares. */
import { describe, expect, test } from "vitest";
import { lastOwn } from "../../src/store/sends.ts";
import type { Happening, State } from "../../src/store/state.ts";
import { type Line, timeline } from "../../src/views/timeline.ts";
import { event, log, ME, message, page, ready, room, stateAfter, stored } from "./making.ts";

const OPEN: Happening[] = [
  ready([room({ last_seq: 2 })]),
  { type: "open", room: "r1" },
  { type: "page", room: "r1", page: page([stored(1), stored(2)], 2) },
];
const SEND: Happening = { type: "send", room: "r1", key: "k", text: "hello", now_ms: 9 };
const SENT: Happening = { type: "sent", room: "r1", key: "k", seq: 3 };
const EVENT = log(message(3, { id: "k", sender: "me", sender_name: "Ada", text: "hello" }));

function lines(state: State) {
  const found = state.rooms.get("r1");
  const rows = found ? timeline(found, ME) : [];
  return rows
    .filter((row): row is Line => row.kind === "message")
    .map((line) => [line.text, line.sending?.state ?? "there"]);
}
const mine = (happenings: Happening[]) => lines(stateAfter([...OPEN, ...happenings])).slice(2);

describe("a message of one's own", () => {
  test("is shown at once, last", () => {
    expect(mine([SEND])).toEqual([["hello", "sending"]]);
    expect(mine([SEND, log(message(3))])).toEqual([
      ["text 3", "there"],
      ["hello", "sending"],
    ]);
  });

  test.each([
    ["acknowledged, then seen", [SEND, SENT, EVENT]],
    ["seen, then acknowledged", [SEND, EVENT, SENT]],
    ["seen and never acknowledged", [SEND, EVENT]],
  ])("is shown once when it is %s", (_, happenings) => {
    expect(mine(happenings)).toEqual([["hello", "there"]]);
  });

  test("is shown between its acknowledgement and its event", () => {
    expect(mine([SEND, SENT])).toEqual([["hello", "sent"]]);
  });

  test("is shown once when a page brings it", () => {
    const own = stored(3, { id: "k", sender: "me", text: "hello" });
    const held: Happening = { type: "page", room: "r1", page: page([own], 3) };
    expect(lines(stateAfter([...OPEN, SEND, held]))).toEqual([["hello", "there"]]);
  });

  test("keeps its place in the view from sending to being there", () => {
    const key = (state: State) => {
      const found = state.rooms.get("r1");
      return found && timeline(found, ME).at(-1)?.key;
    };
    expect(key(stateAfter([...OPEN, SEND]))).toBe(key(stateAfter([...OPEN, SEND, EVENT])));
  });

  test("that was refused stays, with the reason, until it is tried anew or given up", () => {
    const refused: Happening = { type: "refused", room: "r1", key: "k", code: "forbidden" };
    expect(mine([SEND, refused])).toEqual([["hello", "failed"]]);
    const again: Happening = { type: "rekeyed", room: "r1", key: "k", other: "k2" };
    expect(mine([SEND, refused, again])).toEqual([["hello", "sending"]]);
    expect(mine([SEND, refused, { type: "withdrawn", room: "r1", key: "k" }])).toEqual([]);
  });

  test("that got another key is known by it", () => {
    const other: Happening = { type: "rekeyed", room: "r1", key: "k", other: "k2" };
    const seen = log(message(3, { id: "k2", sender: "me", text: "hello" }));
    expect(mine([SEND, other, seen])).toEqual([["hello", "there"]]);
  });

  test("is not taken for another person's of the same key", () => {
    expect(mine([SEND, log(message(3, { id: "k", text: "theirs" }))])).toEqual([
      ["theirs", "there"],
      ["hello", "sending"],
    ]);
  });

  test("is what Up takes, and while it is on its way no former one", () => {
    const taken = (happenings: Happening[]) => {
      const found = stateAfter([...OPEN, ...happenings]).rooms.get("r1");
      return found && lastOwn(found.sends, found.log?.messages ?? [], "me")?.text;
    };
    const former = log(message(3, { sender: "me", text: "former" }));
    const seen = log(message(4, { id: "k", sender: "me", text: "hello" }));
    const refused: Happening = { type: "refused", room: "r1", key: "k", code: "forbidden" };
    expect(taken([former])).toBe("former");
    expect(taken([former, SEND])).toBeUndefined();
    expect(taken([former, SEND, { ...SENT, seq: 4 }])).toBeUndefined();
    expect(taken([former, SEND, seen])).toBe("hello");
    expect(taken([former, SEND, refused])).toBe("former");
    expect(taken([former, log(event("message.deleted", 4, { target: 3 }))])).toBeUndefined();
  });

  test("goes when the room goes", () => {
    expect(stateAfter([...OPEN, SEND, { type: "gone", room: "r1" }]).rooms.size).toBe(0);
  });
});
