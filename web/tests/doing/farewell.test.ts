/** Whoever is put out of a room is told by whom, and of a ban until when and why. */
import type { LogEvent, OwnBan } from "parley-sdk";
import { describe, expect, test } from "vitest";
import { Farewell } from "../../src/doing/farewell.ts";
import { event } from "../store/making.ts";

const LOUD: OwnBan = { reason: "loud", until_ms: null };

function removed(banned: boolean, user = "me"): LogEvent {
  return event("member.removed", 5, { user, by: "u2", role: "member", banned });
}

/** What is said, and whether a ban was asked for. */
async function goodbye(events: LogEvent[], answer: OwnBan | null = LOUD) {
  const said: string[] = [];
  const asked: string[] = [];
  const farewell = new Farewell("me", {
    banFrom: async (room) => {
      asked.push(room);
      return answer;
    },
    nameOf: (user) => (user === "u2" ? "Ada" : "?"),
    say: (words) => said.push(words),
  });
  for (const one of events) farewell.happened(one);
  await farewell.say({ id: "r1", name: "Tea" });
  return { said, asked };
}

describe("the goodbye", () => {
  test("names who removed one, and asks nothing", async () => {
    const found = await goodbye([removed(false)]);
    expect(found).toEqual({ said: ["Ada removed you from Tea."], asked: [] });
  });

  test("names who deleted the room, and asks nothing", async () => {
    const found = await goodbye([event("room.deleted", 5, { by: "u2" })]);
    expect(found).toEqual({ said: ["Ada deleted Tea."], asked: [] });
  });

  test("tells a ban's reason and its end, as one who asks for one's own is told", async () => {
    const found = await goodbye([removed(true)]);
    expect(found).toEqual({ said: ["Ada banned you from Tea: loud"], asked: ["r1"] });
    const { said } = await goodbye([removed(true)], { reason: "", until_ms: 1_795_788_576_000 });
    expect(said[0]).toMatch(/^Ada banned you from Tea until Nov 2\d, 2026.*[^:]\.$/);
  });

  test("says who banned one where no reason is told", async () => {
    const found = await goodbye([removed(true)], null);
    expect(found.said).toEqual(["Ada banned you from Tea."]);
  });

  test("tells of a ban that came while one was away", async () => {
    const found = await goodbye([]);
    expect(found).toEqual({ said: ["You are banned from Tea: loud"], asked: ["r1"] });
  });

  test("says no more than is known of what happened unseen, or to others", async () => {
    expect((await goodbye([], null)).said).toEqual(["You are no longer in Tea."]);
    const others = await goodbye([removed(true, "u3")], null);
    expect(others.said).toEqual(["You are no longer in Tea."]);
  });
});
