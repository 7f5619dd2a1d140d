import { LIMITS, ProblemError, type User } from "parley-sdk";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Faces } from "../../src/doing/faces.ts";

const MINUTES = 60_000;

function user(id: string, avatar: string | null = null): User {
  return { id, username: id, display_name: id, avatar };
}

let known: Map<string, User>;
let asked: string[][];
let answer: (ids: readonly string[]) => User[];
let faces: Faces;
beforeEach(() => {
  vi.useFakeTimers();
  known = new Map();
  asked = [];
  answer = (ids) => ids.map((id) => user(id, `picture-of-${id}`));
  faces = new Faces({
    ask: async (ids) => {
      asked.push([...ids]);
      return answer(ids);
    },
    tell: (users) => tell(...users),
    known: () => known,
  });
});
afterEach(() => {
  vi.useRealTimers();
});

function tell(...users: User[]): void {
  known = new Map([...known, ...users.map((one) => [one.id, one] as const)]);
  faces.look();
}

async function later(ms = 1_000): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

describe("Whose picture is not known", () => {
  test("is asked for once, with the others who come up, and shown where it is looked at", async () => {
    const looks = ["ada", "bob", "ada"].map((id) => {
      const look = vi.fn();
      faces.follow(id, look);
      return look;
    });
    await later();
    expect(asked).toEqual([["ada", "bob"]]);
    expect(faces.of("ada")).toBe("picture-of-ada");
    for (const look of looks) expect(look).toHaveBeenCalledTimes(1);
    faces.follow("ada", vi.fn());
    await later();
    expect(asked).toHaveLength(1);
  });

  test("is asked for no more when nobody knows them", async () => {
    answer = () => [];
    faces.follow("hook", vi.fn());
    await later();
    faces.follow("hook", vi.fn());
    await later();
    expect(asked).toEqual([["hook"]]);
    expect(faces.of("hook")).toBeNull();
  });

  test("is asked for a hundred at a time", async () => {
    for (let n = 0; n < LIMITS.IDS_PER_QUERY + 1; n += 1) faces.follow(`u${n}`, vi.fn());
    await later();
    expect(asked.map((ids) => ids.length)).toEqual([LIMITS.IDS_PER_QUERY, 1]);
  });

  test("is asked for when they come up again, where there was no answer", async () => {
    answer = () => {
      throw new ProblemError("unavailable", "away");
    };
    faces.follow("ada", vi.fn());
    await later();
    expect(faces.of("ada")).toBeNull();
    answer = (ids) => ids.map((id) => user(id, "p1"));
    faces.follow("ada", vi.fn());
    await later();
    expect(faces.of("ada")).toBe("p1");
  });

  test("is not asked for after the end", async () => {
    faces.follow("ada", vi.fn());
    faces.stop();
    await later();
    expect(asked).toEqual([]);
  });
});

describe("A picture that is known", () => {
  test("is not asked for, and another one is told to those who look at it alone", async () => {
    tell(user("ada", "p1"), user("bob", "p2"));
    const [ada, bob, gone] = [vi.fn(), vi.fn(), vi.fn()];
    faces.follow("ada", ada);
    faces.follow("bob", bob);
    faces.follow("ada", gone)();
    tell({ ...user("bob", "p2"), display_name: "Robert" }, user("ada", null));
    await later();
    expect(asked).toEqual([]);
    expect(faces.of("ada")).toBeNull();
    expect([ada, bob, gone].map((look) => look.mock.calls.length)).toEqual([1, 0, 0]);
  });

  test("that cannot be had is a reason to ask, once", async () => {
    tell(user("ada", "gone"));
    faces.follow("ada", vi.fn());
    for (let n = 0; n < 3; n += 1) {
      faces.failed("ada");
      await later();
    }
    expect(asked).toEqual([["ada"]]);
    expect(faces.of("ada")).toBe("picture-of-ada");
  });

  test("is asked for anew when one was long away", async () => {
    tell(user("ada", "p1"));
    faces.follow("ada", vi.fn());
    faces.follow("bob", vi.fn())();
    faces.connected();
    await later(6 * MINUTES);
    expect(asked).toEqual([["bob"]]);
    faces.connected();
    faces.connected();
    await later();
    expect(asked).toEqual([["bob"], ["ada"]]);
  });
});
