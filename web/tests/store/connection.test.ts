import { describe, expect, test } from "vitest";
import { connectionWords, MOVE_SHOWN_MS } from "../../src/store/connection.ts";

describe("the line about the connection", () => {
  test("says what waits while there is none", () => {
    const waiting = { phase: "waiting", retry_at_ms: 4_000 } as const;
    expect(connectionWords(waiting, 1_000)).toBe("Offline, retrying in 3 s");
    expect(connectionWords(waiting, 1_000, 1)).toBe("Offline, retrying in 3 s. 1 message waits");
    expect(connectionWords({ phase: "connecting" }, 0, 3)).toBe("Connecting… 3 messages wait");
  });

  test("speaks of what waits though there is a connection, once that takes too long", () => {
    expect(connectionWords({ phase: "catching up" }, 0, 2)).toBe("Catching up… 2 messages wait");
    expect(connectionWords({ phase: "live" }, 0, 1)).toBe("Connected");
    const late = connectionWords({ phase: "live" }, 0, 1, true);
    expect(late).toBe("Connected, 1 message still waits");
    expect(connectionWords({ phase: "live" }, 0, 0, true)).toBe("Connected");
  });

  const move = { at_ms: 10_000, in_ms: 420, other: true, whole: true };

  test("speaks of a move for a while, if nothing was lost", () => {
    const words = "Connected: moved to another gateway in 0.4 s, nothing lost";
    expect(connectionWords({ phase: "live", move }, 10_001)).toBe(words);
    expect(connectionWords({ phase: "live", move }, 10_000 + MOVE_SHOWN_MS)).toBe("Connected");
  });

  test("does not speak of another gateway where it is the same, or not known", () => {
    const words = "Connected again after 12 s, nothing lost";
    const same = { ...move, other: false, in_ms: 12_345 };
    expect(connectionWords({ phase: "live", move: same }, 10_001)).toBe(words);
  });

  test("claims nothing where a hole stayed", () => {
    const holed = { ...move, whole: false };
    expect(connectionWords({ phase: "live", move: holed }, 10_001)).toBe("Connected");
  });
});
