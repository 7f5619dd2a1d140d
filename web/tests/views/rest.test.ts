/** What waits for the log to stand still is done once it does, and not while it moves. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AT_A_TIME, Rest } from "../../src/views/rest.ts";

const TURN_MS = 60;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A log that is moved, what was done since, and what waits for its end. */
function moved() {
  const rest = new Rest();
  const done: string[] = [];
  rest.moved();
  return { rest, done, wait: (what: string) => rest.when(() => done.push(what)) };
}

test("nobody waits for a log that stands", () => {
  const done: string[] = [];
  new Rest().when(() => done.push("at once"));
  expect(done).toEqual(["at once"]);
});

test("as long as one goes on turning the wheel, nothing is done", () => {
  const { rest, done, wait } = moved();
  wait("late");
  for (let turn = 0; turn < 10; turn += 1) {
    vi.advanceTimersByTime(TURN_MS);
    rest.moved();
  }
  expect([rest.moves, done]).toEqual([true, []]);
  vi.runAllTimers();
  expect([rest.moves, done]).toEqual([false, ["late"]]);
});

test("what was called off is not done, nor anything once it was stopped, and nothing twice", () => {
  const { rest, done, wait } = moved();
  wait("stays");
  wait("left")();
  vi.runAllTimers();
  rest.moved();
  vi.runAllTimers();
  expect(done).toEqual(["stays"]);
  rest.moved();
  wait("never");
  rest.stop();
  vi.runAllTimers();
  expect(done).toEqual(["stays"]);
});

test("of many a few are done at a time, and those left wait on when it moves again", () => {
  const { rest, done, wait } = moved();
  for (let row = 0; row < 2 * AT_A_TIME + 1; row += 1) wait(`${row}`);
  vi.advanceTimersByTime(100);
  expect(done).toHaveLength(AT_A_TIME);
  rest.moved();
  vi.advanceTimersByTime(99);
  expect([rest.moves, done.length]).toEqual([true, AT_A_TIME]);
  vi.runAllTimers();
  expect([rest.moves, done.length]).toEqual([false, 2 * AT_A_TIME + 1]);
  expect(done).toEqual(done.map((_, row) => `${row}`));
});
