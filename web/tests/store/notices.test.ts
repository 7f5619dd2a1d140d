/** A notice stays until it is dismissed, or until it is no longer so. */
import { describe, expect, test } from "vitest";
import type { Connection } from "../../src/store/connection.ts";
import type { Happening } from "../../src/store/state.ts";
import { ready, room, stateAfter } from "./making.ts";

const connection = (now: Connection): Happening => ({ type: "connection", connection: now });
const failed = (about: string, cutOff: boolean): Happening => ({
  type: "notice",
  words: `${about} failed`,
  about,
  cutOff,
});
const words = (...happenings: Happening[]) =>
  stateAfter([ready([room()]), ...happenings]).notices.map((one) => one.words);

describe("a notice that the server could not be reached", () => {
  test("goes once there is a connection again, and no other does", () => {
    const away = connection({ phase: "waiting", retry_at_ms: 9 });
    const both = [away, failed("pin message", true), failed("join", false)];
    expect(words(...both)).toEqual(["pin message failed", "join failed"]);
    expect(words(...both, connection({ phase: "catching up" }))).toHaveLength(2);
    expect(words(...both, connection({ phase: "live" }))).toEqual(["join failed"]);
  });

  test("stays while the connection stood all the time: it was not that", () => {
    const live = connection({ phase: "live" });
    expect(words(live, failed("pin message", true), live)).toEqual(["pin message failed"]);
  });

  test("goes when the same is done", () => {
    const done: Happening = { type: "settled", about: "pin message" };
    expect(words(failed("pin message", true), done)).toEqual([]);
  });
});
