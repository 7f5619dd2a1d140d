/** Errors are told in words by what was done, and every code has some. */
import { ERROR_CODES } from "parley-sdk";
import { describe, expect, test } from "vitest";
import { parseRoute, pathOf } from "../src/route.ts";
import { connectionWords } from "../src/store/connection.ts";
import {
  auditWords,
  changeWords,
  deviceName,
  failureWords,
  sendRefusal,
  sizeWords,
  uploadRefusal,
} from "../src/words.ts";

const failure = (code: (typeof ERROR_CODES)[number], field: string | null = null) => ({
  code,
  field,
  retryAfterMs: null,
});

test.each([...ERROR_CODES])(
  "%s has words whatever was done, and none of them is the code",
  (code) => {
    expect(failureWords("join", failure(code))).toMatch(/^[A-Z].*[.!]$/);
    expect(sendRefusal(code)).toMatch(/^[a-z].*\.$/);
    expect(uploadRefusal(code)).toMatch(/^[A-Z].*\.$/);
    expect(failureWords("join", failure(code))).not.toContain("_");
  },
);

test("a file's length is told in few letters", () => {
  const lengths = [0, 1, 999, 1_000, 1_500, 999_999, 5_300_000, 2_000_000_000, 3e12];
  const told = ["0 bytes", "1 byte", "999 bytes", "1.0 KB", "1.5 KB", "1000 KB", "5.3 MB"];
  expect(lengths.map(sizeWords)).toEqual([...told, "2.0 GB", "3000 GB"]);
});

test("what was done and the field give particular words", () => {
  expect(failureWords("sign in", failure("unauthorized"))).toContain("Wrong username or password");
  expect(failureWords("create account", failure("conflict"))).toContain("is taken");
  expect(failureWords("create account", failure("invalid", "password"))).toContain("8 to 256");
  expect(failureWords("create account", failure("invalid", "username"))).toContain("3 to 32");
});

test("one who is banned is told until when and why, in the time of this device", () => {
  const banned = (more: string) => {
    const detail = `you are banned from this room${more}`;
    return failureWords("join", { ...failure("forbidden"), detail });
  };
  expect(banned("")).toBe("You are banned from this room.");
  expect(banned(" (too (very) loud)")).toBe("You are banned from this room: too (very) loud");
  expect(banned(" until 2026-11-27T14:09:36Z (loud)")).toMatch(/ until Nov 2\d, 2026.*: loud$/);
  expect(failureWords("join", failure("forbidden"))).toBe("This room can't be joined.");
});

test("who was too fast is told for how long to wait", () => {
  const words = failureWords("sign in", { code: "rate_limited", field: null, retryAfterMs: 4_200 });
  expect(words).toBe("That was too much at once. Try again in 5 s.");
});

test.each([
  ["/", { page: "home" }],
  ["/browse", { page: "browse" }],
  ["/rooms/r_1-A", { page: "room", room: "r_1-A" }],
] as const)("the path %s is a place and back", (path, route) => {
  expect(parseRoute(path)).toEqual(route);
  expect(pathOf(route)).toBe(path);
});

test.each(["/rooms/", "/rooms/a.b", "/rooms/a/b", `/rooms/${"a".repeat(65)}`, "/other"])(
  "the path %s is no place but home",
  (path) => {
    expect(parseRoute(path)).toEqual({ page: "home" });
  },
);

test("the line about the connection counts down to the next try", () => {
  const waiting = { phase: "waiting", retry_at_ms: 10_000 } as const;
  expect(connectionWords(waiting, 5_500)).toBe("Offline, retrying in 5 s");
  expect(connectionWords(waiting, 11_000)).toBe("Offline, retrying in 1 s");
  expect(connectionWords({ phase: "live" }, 0)).toBe("Connected");
  expect(connectionWords({ phase: "connecting" }, 0)).toBe("Connecting…");
  expect(connectionWords({ phase: "catching up" }, 0)).toBe("Catching up…");
  expect(connectionWords({ phase: "stopped", reason: "replaced" }, 0)).toBe("Disconnected");
});

describe("a device", () => {
  test.each([
    [
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
      "Chrome on Linux",
    ],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Safari/604.1",
      "Safari on iPhone",
    ],
    [
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
      "Edge on Windows",
    ],
    ["parley-sdk-python/0.1", "parley-sdk-python/0.1"],
    ["", "A device without a name"],
  ])("that calls itself %s is shown as %s", (client, name) => {
    expect(deviceName(client)).toBe(name);
  });
});

test.each([
  [{ archived: true }, "archived the room"],
  [{ archived: false }, "took the room out of the archive"],
  [{ slow_mode_seconds: 0 }, "switched slow mode off"],
  [{ previews: false }, "switched link previews off"],
  [{ topic: "" }, "removed the topic"],
  [{ name: "Tea", topic: "Green" }, "named the room Tea, set the topic: Green"],
  [{ picture: null }, "removed the room's picture"],
  [{ picture: "m1" }, "gave the room a picture"],
  [{ colour: "red" }, "changed the room"],
])("of a change of a room, %o, it is said what it was", (change, words) => {
  expect(changeWords(change)).toBe(words);
});

describe("the record of a room", () => {
  const by = { id: "u1", username: "ada", display_name: "Ada", avatar: null };
  const user = { id: "u2", username: "bob", display_name: "Bob", avatar: null };
  const entry = { ts: 1, by, user, detail: {} };

  test.each([
    [{ ...entry, action: "member.role", detail: { role: "moderator" } }, "Ada made Bob moderator"],
    [{ ...entry, action: "member.banned", detail: { until_ms: null } }, "Ada banned Bob"],
    [
      { ...entry, action: "room.updated", user: null, detail: { slow_mode_seconds: 5 } },
      "Ada switched slow mode on",
    ],
    [{ ...entry, action: "invite.created", user: null, detail: {} }, "Ada made an invite link"],
    [{ ...entry, by: user, action: "invite.used" }, "Bob came by an invite link"],
    [
      { ...entry, action: "webhook.created", user: null, detail: { name: "CI" } },
      "Ada made the webhook CI",
    ],
    [{ ...entry, action: "room.blessed_twice" }, "Ada room blessed twice: Bob"],
  ])("%o is told in words", (one, words) => {
    expect(auditWords(one)).toBe(words);
  });
});
