import { describe, expect, test } from "vitest";
import { HIDDEN_MS, isAskedFor, paced } from "../../src/doing/pacing.ts";
import { reduce, type State } from "../../src/store/state.ts";
import type { Shell } from "../../src/views/App.tsx";
import { message, page, ready, room, stateAfter, stored } from "../store/making.ts";

/** A screen whose frames and clock are turned by hand; what is shown is words, urgent with a `!`. */
function made() {
  const shown: string[] = [];
  let frames: (() => void)[] = [];
  let timers: (readonly [() => void, number])[] = [];
  const screen = {
    frame: (call: () => void) => void frames.push(call),
    later: (call: () => void, ms: number) => void timers.push([call, ms]),
  };
  const turn = (calls: readonly (() => void)[]) => {
    for (const call of calls) call();
  };
  return {
    shown,
    show: paced<string>(
      (word) => shown.push(word),
      (_, next) => next.endsWith("!"),
      screen,
    ),
    frame: () => turn(frames.splice(0)),
    pass: (ms: number) => {
      const due = timers.filter(([, at]) => at <= ms).map(([call]) => call);
      timers = timers.filter(([, at]) => at > ms);
      turn(due);
    },
    hide: () => {
      frames = [];
    },
  };
}

describe("what is shown", () => {
  test("is there at once the first time, then once a frame, and it is the latest", () => {
    const { shown, show, frame } = made();
    show("one");
    expect(shown).toEqual(["one"]);
    for (const word of ["two", "three", "four"]) show(word);
    expect(shown).toEqual(["one"]);
    frame();
    expect(shown).toEqual(["one", "four"]);
    frame();
    expect(shown).toEqual(["one", "four"]);
  });

  test("does not wait for a frame if somebody asked for it, nor comes again with that frame", () => {
    const { shown, show, frame, pass } = made();
    for (const word of ["one", "two", "three!"]) show(word);
    expect(shown).toEqual(["one", "three!"]);
    frame();
    pass(HIDDEN_MS);
    expect(shown).toEqual(["one", "three!"]);
    show("four");
    frame();
    expect(shown).toEqual(["one", "three!", "four"]);
  });

  test("follows also on a page that is hidden, which has no frames", () => {
    const { shown, show, hide, pass } = made();
    for (const word of ["one", "two", "three"]) show(word);
    hide();
    pass(HIDDEN_MS - 1);
    expect(shown).toEqual(["one"]);
    pass(HIDDEN_MS);
    expect(shown).toEqual(["one", "three"]);
  });
});

describe("what is shown at once", () => {
  const START = stateAfter([
    ready([room({ last_seq: 9 })]),
    { type: "open", room: "r1" },
    { type: "page", room: "r1", page: { ...page([stored(9)], 9), more: true } },
    { type: "bottom", room: "r1", at: true },
  ]);
  const shell = (state: State): Shell => ({
    phase: "signed in",
    state,
    route: ROUTE,
    overlay: null,
    device: DEVICE,
    status: "online",
  });
  const ROUTE = { page: "room", room: "r1" } as const;
  const DEVICE = { theme: "system", desktop: false, sound: true } as const;

  test("is a page one scrolled for, before the next is asked for, and not a message that comes", () => {
    const older = reduce(START, {
      type: "older",
      room: "r1",
      page: page([stored(8)], 9),
      before: 9,
    });
    expect(older).not.toBe(START);
    expect(isAskedFor(shell(START), shell(older))).toBe(true);
    const said = reduce(START, { type: "log", event: message(10) });
    expect(said).not.toBe(START);
    expect(isAskedFor(shell(START), shell(said))).toBe(false);
  });

  test("is all of it while one reads elsewhere than at the end", () => {
    const up = reduce(START, { type: "bottom", room: "r1", at: false });
    expect(isAskedFor(shell(START), shell(up))).toBe(true);
    const said = reduce(up, { type: "log", event: message(10) });
    expect(isAskedFor(shell(up), shell(said))).toBe(true);
  });

  test("is where one went", () => {
    const there = { ...shell(START), route: { page: "home" } } as Shell;
    expect(isAskedFor(shell(START), there)).toBe(true);
    expect(isAskedFor({ phase: "signed out", notices: [] }, there)).toBe(true);
  });
});
