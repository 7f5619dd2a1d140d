import { ProblemError, type SignedMedia } from "parley-sdk";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Viewing } from "../../src/doing/viewing.ts";

const signed = (expires_ms: number): SignedMedia => ({
  url: `/v1/media/m1/original?expires=${expires_ms}`,
  thumb_url: null,
  expires_ms,
  thumbs: [],
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("what is wanted in one turn is asked for together, once", async () => {
  const asked: string[][] = [];
  const viewing = new Viewing(async (ids) => {
    asked.push([...ids]);
    return Object.fromEntries(ids.map((id) => [id, signed(Date.now() + 600_000)]));
  });
  let told = 0;
  viewing.subscribe(() => {
    told += 1;
  });
  expect([viewing.of("m1"), viewing.of("m2"), viewing.of("m1")]).toEqual([null, null, null]);
  await vi.runAllTimersAsync();
  expect(asked).toEqual([["m1", "m2"]]);
  expect(told).toBe(1);
  expect(viewing.of("m1")?.url).toMatch("/v1/media/m1");
  // Soon over: another one is asked for.
  expect(viewing.of("m1", Date.now() + 580_000)).toBeNull();
  await vi.runAllTimersAsync();
  expect(asked).toEqual([["m1", "m2"], ["m1"]]);
});

test("what could not be had is asked for again after a while, and not before", async () => {
  let asked = 0;
  let answer: () => Promise<Record<string, SignedMedia>> = async () => ({});
  const viewing = new Viewing(() => {
    asked += 1;
    return answer();
  });
  expect(viewing.of("m1")).toBeNull();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(viewing.of("m1")).toBeNull();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toBe(1);
  await vi.advanceTimersByTimeAsync(20_000);
  answer = () => Promise.reject(new ProblemError("unavailable", "away"));
  expect(viewing.of("m1")).toBeNull();
  await vi.advanceTimersByTimeAsync(21_000);
  answer = async () => ({ m1: signed(Date.now() + 600_000) });
  expect(viewing.of("m1")).toBeNull();
  await vi.advanceTimersByTimeAsync(0);
  expect(viewing.of("m1")).not.toBeNull();
  expect(asked).toBe(3);
  // Its URL leads nowhere any more.
  viewing.failed("m1");
  expect(viewing.of("m1")).toBeNull();
});

test("a URL that no longer leads to its file is replaced at once, but not over and over", async () => {
  let asked = 0;
  const end_ms = Date.now() + 600_000;
  const viewing = new Viewing(async () => {
    asked += 1;
    return { m1: signed(end_ms + asked) };
  });
  viewing.of("m1");
  await vi.advanceTimersByTimeAsync(0);
  for (let times = 0; times < 3; times++) {
    viewing.renew("m1");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(viewing.of("m1")?.expires_ms).toBe(end_ms + 2);
  }
  expect(asked).toBe(2);
  await vi.advanceTimersByTimeAsync(20_000);
  viewing.renew("m1");
  await vi.advanceTimersByTimeAsync(0);
  expect(viewing.of("m1")?.expires_ms).toBe(end_ms + 3);
});
