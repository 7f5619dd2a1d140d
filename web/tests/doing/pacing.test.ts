import { describe, expect, test } from "vitest";
import { HIDDEN_MS, paced } from "../../src/doing/pacing.ts";

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
