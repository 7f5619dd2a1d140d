/** What is wanted is fetched once at a time, again while it is wanted, and less and less often. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AT_ONCE, Retrier, type Want } from "../../src/doing/retrier.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A retrier, what it began, and how each piece of work ends. */
function running() {
  const begun: string[] = [];
  const failures: string[] = [];
  const ends: (() => void)[] = [];
  const wanted = new Set<string>();
  let fails = false;
  const want = (key: string): Want => ({
    key,
    work: () => {
      begun.push(key);
      const failing = fails;
      return new Promise((resolve, reject) => {
        ends.push(() => (failing ? reject(new Error(key)) : resolve()));
      });
    },
  });
  const retrier = new Retrier(
    () => [...wanted].map(want),
    (key) => failures.push(key),
  );
  const settle = async () => {
    for (const end of ends.splice(0)) end();
    await vi.advanceTimersByTimeAsync(0);
  };
  return { retrier, begun, failures, wanted, settle, fail: (how: boolean) => (fails = how) };
}

test("work under way is not begun again", async () => {
  const { retrier, begun, wanted } = running();
  wanted.add("a");
  retrier.look();
  retrier.look();
  expect(begun).toEqual(["a"]);
});

test("work that failed is tried again after longer and longer pauses, and told of once", async () => {
  const { retrier, begun, failures, wanted, settle, fail } = running();
  wanted.add("a");
  fail(true);
  retrier.look();
  await settle();
  retrier.look();
  expect(begun).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(300);
  expect(begun).toHaveLength(2);
  await settle();
  await vi.advanceTimersByTimeAsync(300);
  expect(begun).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(300);
  expect(begun).toHaveLength(3);
  expect(failures).toEqual(["a"]);
});

test("work that is done and wanted still is not begun at once", async () => {
  const { retrier, begun, wanted, settle } = running();
  wanted.add("a");
  retrier.look();
  await settle();
  retrier.look();
  expect(begun).toEqual(["a"]);
  await vi.advanceTimersByTimeAsync(300);
  expect(begun).toEqual(["a", "a"]);
});

test("what was not wanted for a moment begins anew, without a pause", async () => {
  const { retrier, begun, wanted, settle } = running();
  wanted.add("a");
  retrier.look();
  wanted.delete("a");
  await settle();
  retrier.look();
  wanted.add("a");
  retrier.look();
  expect(begun).toEqual(["a", "a"]);
});

test("a pause ends when what was in the way is gone", async () => {
  const { retrier, begun, wanted, settle, fail } = running();
  wanted.add("a");
  fail(true);
  retrier.look();
  await settle();
  retrier.hurry();
  expect(begun).toEqual(["a", "a"]);
});

test("only so much is under way at once, and the rest follows", async () => {
  const { retrier, begun, wanted, settle } = running();
  for (let at = 0; at <= AT_ONCE; at += 1) wanted.add(`${at}`);
  retrier.look();
  expect(begun).toHaveLength(AT_ONCE);
  await settle();
  expect(begun).toHaveLength(AT_ONCE + 1);
});

test("nothing is begun after the end", async () => {
  const { retrier, begun, failures, wanted, settle, fail } = running();
  wanted.add("a");
  fail(true);
  retrier.look();
  retrier.stop();
  await settle();
  await vi.advanceTimersByTimeAsync(60_000);
  retrier.look();
  expect(begun).toEqual(["a"]);
  expect(failures).toEqual([]);
});
