/** Whoever is put out of a room is told by whom, and of a ban until when and why. */
import type { LogEvent } from "parley-sdk";
import { describe, expect, test } from "vitest";
import { Farewell } from "../../src/doing/farewell.ts";
import type { Failure } from "../../src/words.ts";
import { event } from "../store/making.ts";

const DETAIL = "you are banned from this room (loud)";
const REFUSED: Failure = { code: "forbidden", field: null, retryAfterMs: null, detail: DETAIL };
const GONE: Failure = { code: "not_found", field: null, retryAfterMs: null };

function removed(banned: boolean, user = "me"): LogEvent {
  return event("member.removed", 5, { user, by: "u2", role: "member", banned });
}

/** What is said, and whether one tried to come back. */
async function goodbye(events: LogEvent[], open: boolean, answer: Failure | null = REFUSED) {
  const said: string[] = [];
  const tried: string[] = [];
  const farewell = new Farewell("me", {
    comeBack: async (room) => {
      tried.push(room);
      return answer;
    },
    nameOf: (user) => (user === "u2" ? "Ada" : "?"),
    say: (words) => said.push(words),
  });
  for (const one of events) farewell.happened(one);
  await farewell.say({ id: "r1", name: "Tea", open });
  return { said, tried };
}

describe("the goodbye", () => {
  test("names who removed one, and tries nothing", async () => {
    const found = await goodbye([removed(false)], true);
    expect(found).toEqual({ said: ["Ada removed you from Tea."], tried: [] });
  });

  test("names who deleted the room, and tries nothing", async () => {
    const found = await goodbye([event("room.deleted", 5, { by: "u2" })], true);
    expect(found).toEqual({ said: ["Ada deleted Tea."], tried: [] });
  });

  test("tells a ban's reason, as one who comes back is told", async () => {
    const found = await goodbye([removed(true)], true);
    expect(found).toEqual({ said: ["You are banned from Tea: loud"], tried: ["r1"] });
  });

  test("says who banned one where no reason is told", async () => {
    expect((await goodbye([removed(true)], true, GONE)).said).toEqual(["Ada banned you from Tea."]);
    const closed = await goodbye([removed(true)], false);
    expect(closed).toEqual({ said: ["Ada banned you from Tea."], tried: [] });
  });

  test("is not said to one who is in the room again", async () => {
    expect((await goodbye([removed(true)], true, null)).said).toEqual([]);
  });

  test("says no more than is known of what happened unseen, or to others", async () => {
    expect((await goodbye([], true)).said).toEqual(["You are no longer in Tea."]);
    const others = await goodbye([removed(true, "u3")], true);
    expect(others).toEqual({ said: ["You are no longer in Tea."], tried: [] });
  });
});
