import { describe, expect, test } from "vitest";
import {
  changes,
  type Kept,
  keptSelf,
  MESSAGES,
  positions,
  revived,
} from "../../src/store/kept.ts";
import { type State, signedIn } from "../../src/store/state.ts";
import {
  BOB,
  event,
  log,
  ME,
  message,
  page,
  ready,
  room,
  stateAfter,
  stored,
  texts,
} from "./making.ts";

/** What a visit leaves behind, as the browser gives it back: copied, nothing shared. */
function kept(state: State): Kept {
  const { put } = changes(new Map(), state.rooms);
  return structuredClone({ self: keptSelf(state), rooms: put });
}

const VISIT = stateAfter([
  ready([room({ last_seq: 2, unread: 1 }), room({ id: "r2", name: "Tea", last_seq: 9 })]),
  { type: "open", room: "r1" },
  { type: "page", room: "r1", page: page([stored(1), stored(2)], 2) },
  { type: "users", users: [BOB] },
]);

describe("the last state", () => {
  test("comes back with rooms, names, messages and what is unread, and is not greeted", () => {
    const state = revived(kept(VISIT));
    expect(state.me).toEqual(ME);
    expect([...state.rooms.keys()]).toEqual(["r1", "r2"]);
    expect(state.users.get("bob")).toEqual(BOB);
    expect(texts(state)).toEqual(["text 1", "text 2"]);
    expect(state.rooms.get("r1")?.unread).toEqual(VISIT.rooms.get("r1")?.unread);
    expect([state.greeted, state.opened, state.open]).toEqual([false, ["r1"], null]);
  });

  test("goes on where it ended: what is replayed since is applied, once", () => {
    const state = revived(kept(VISIT));
    expect(positions(state)).toEqual({ r1: 2 });
    const later = stateAfter(
      [
        ready([room({ last_seq: 4, unread: 2 })]),
        log(message(2)),
        log(message(3)),
        log(event("message.deleted", 4, { target: 1 })),
      ],
      state,
    );
    expect(texts(later)).toEqual(["(deleted)", "text 2", "text 3"]);
    expect([...later.rooms.keys()]).toEqual(["r1"]);
  });

  test("keeps the latest messages of a room, and knows that there are older ones", () => {
    const many = Array.from({ length: MESSAGES + 5 }, (_, index) => stored(index + 1));
    const state = stateAfter([{ type: "page", room: "r1", page: page(many, 65) }], VISIT);
    const log = revived(kept(state)).rooms.get("r1")?.log;
    expect(log).toMatchObject({ from: 6, more: true, applied: 65 });
    expect(log?.messages).toHaveLength(MESSAGES);
  });

  test("has no messages of a room whose log is not whole", () => {
    const state = stateAfter([{ type: "missed", room: "r1", before: 9 }], VISIT);
    expect(revived(kept(state)).rooms.get("r1")?.log).toBeNull();
    expect(positions(revived(kept(state)))).toEqual({});
  });

  test("is kept of those rooms alone that changed, and forgotten of those that are gone", () => {
    const later = stateAfter([{ type: "typing", frame: typing("r2"), now_ms: 0 }], VISIT);
    expect(changes(VISIT.rooms, later.rooms)).toEqual({ put: [], gone: [] });
    const said = stateAfter([log(message(3))], later);
    expect(changes(VISIT.rooms, said.rooms).put.map(({ id }) => id)).toEqual(["r1"]);
    const left = stateAfter([{ type: "gone", room: "r2" }], said);
    expect(changes(said.rooms, left.rooms)).toEqual({ put: [], gone: ["r2"] });
  });

  test("knows whom one blocks, so that nothing of theirs is shown meanwhile", () => {
    const state = stateAfter([{ type: "block", user: "bob", blocked: true }], VISIT);
    expect(revived(kept(state)).blocked).toEqual(new Set(["bob"]));
  });

  test("of nobody is the state of somebody who just signed in", () => {
    const state = revived({ self: { me: ME, users: [], opened: [] }, rooms: [] });
    expect(state).toEqual(signedIn(ME));
  });
});

describe("an unsent message of before", () => {
  const sending = {
    ...stateAfter(
      [{ type: "send", room: "r1", key: "key-3", text: "hi", now_ms: 1 }],
      VISIT,
    ).rooms.get("r1")?.sends[0],
  };

  test("is shown again, once", () => {
    const revive = { type: "revived", room: "r1", sending } as Parameters<typeof stateAfter>[0][0];
    const state = stateAfter([revive, revive], VISIT);
    expect(state.rooms.get("r1")?.sends.map(({ key }) => key)).toEqual(["key-3"]);
  });

  test("is not shown beside itself in the log", () => {
    const revive = { type: "revived", room: "r1", sending } as Parameters<typeof stateAfter>[0][0];
    const state = stateAfter([log(message(3, { sender: "me" })), revive], VISIT);
    expect(state.rooms.get("r1")?.sends).toEqual([]);
  });
});

function typing(id: string) {
  return { type: "typing", room: id, user: "bob", active: true } as const;
}
