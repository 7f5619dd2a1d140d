/** Custom emoji are learned when there is a reason, and no more often than that. */
import { ProblemError } from "parley-sdk";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Emojis, PATIENCE_MS } from "../../src/doing/emojis.ts";
import { emojisOf, NO_EMOJIS } from "../../src/store/emojis.ts";
import { emoji } from "../store/making.ts";

const ANSWER = { emoji: [emoji("party")], may_add: "admins" } as const;
let asked = 0;
let answer: () => Promise<{ emoji: ReturnType<typeof emoji>[]; may_add: "admins" }>;
let known = NO_EMOJIS;
let emojis: Emojis;

beforeEach(() => {
  vi.useFakeTimers();
  asked = 0;
  known = NO_EMOJIS;
  answer = async () => ({ ...ANSWER, emoji: [...ANSWER.emoji] });
  emojis = new Emojis({
    list: () => {
      asked += 1;
      return answer();
    },
    tell: (told) => {
      known = emojisOf(told);
    },
    known: () => known,
  });
});
afterEach(() => void vi.useRealTimers());

test("one who chooses gets what there is now, learned once by all who choose at a time", async () => {
  const chosen = await Promise.all([emojis.choosing(), emojis.choosing()]);
  expect(chosen.map(({ named }) => named.has("party"))).toEqual([true, true]);
  await emojis.choosing();
  expect(asked).toBe(1);
  await vi.advanceTimersByTimeAsync(6_000);
  await emojis.choosing();
  expect(asked).toBe(2);
});

test("one who chooses waits for no server that does not answer", async () => {
  answer = () => new Promise(() => {});
  const choosing = emojis.choosing();
  await vi.advanceTimersByTimeAsync(PATIENCE_MS);
  expect(await choosing).toBe(NO_EMOJIS);
});

test("without an answer it stays as it was known", async () => {
  await emojis.learn();
  answer = async () => {
    throw new ProblemError("not_found", "an older server");
  };
  await emojis.learn();
  expect(known.named.has("party")).toBe(true);
});

test("unknown names are a reason at once, then every half minute, each of them once in a while", async () => {
  emojis.missing("new");
  emojis.missing("newer");
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toBe(1);
  emojis.missing("new");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(1);
  emojis.missing("one");
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toBe(2);
  for (let n = 0; n < 5_000; n += 1) emojis.missing(`many_${n}`);
  await vi.advanceTimersByTimeAsync(29_000);
  expect(asked).toBe(2);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toBe(3);
});

test("a connection that is back is a reason once in a while, and the end of the house ends it all", async () => {
  await emojis.connected();
  await emojis.connected();
  expect(asked).toBe(1);
  await vi.advanceTimersByTimeAsync(301_000);
  await emojis.connected();
  expect(asked).toBe(2);
  emojis.missing("new");
  emojis.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(2);
});
