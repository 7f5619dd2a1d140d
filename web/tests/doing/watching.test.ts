/** Whose presence is followed: oneself, those one writes to, and those who are looked at. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Watching } from "../../src/doing/watching.ts";
import type { State } from "../../src/store/state.ts";
import { BOB, ready, room, stateAfter } from "../store/making.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function members(ids: readonly string[]) {
  return ids.map((id) => ({
    user: { id, username: id, display_name: id, avatar: null },
    role: "member" as const,
    joined_ms: 0,
  }));
}

function opened(count: number, ids: readonly string[]): State {
  return stateAfter([
    ready([room({ members: count }), room({ id: "d1", kind: "direct", name: null, peers: [BOB] })]),
    { type: "open", room: "r1" },
    { type: "members", room: "r1", members: members(ids) },
  ]);
}

test("in a small room everybody who is listed is followed, once for all changes at a time", () => {
  const asked: string[][] = [];
  const watching = new Watching({ watch: (users) => void asked.push([...users]) });
  watching.look(opened(2, ["a"]));
  watching.look(opened(3, ["a", "b"]));
  vi.runAllTimers();
  watching.look(opened(3, ["a", "b"]));
  vi.runAllTimers();
  expect(asked).toEqual([["me", "bob", "a", "b"]]);
});

test("in a large room those on the screen are", () => {
  const asked: string[][] = [];
  const watching = new Watching({ watch: (users) => void asked.push([...users]) });
  const state = opened(201, ["a", "b", "c"]);
  watching.look(state);
  vi.runAllTimers();
  watching.onScreen(["b", "c"], state);
  vi.runAllTimers();
  watching.stop();
  watching.onScreen([], state);
  vi.runAllTimers();
  expect(asked).toEqual([
    ["me", "bob"],
    ["me", "bob", "b", "c"],
  ]);
});
