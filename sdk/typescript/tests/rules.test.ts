/** The small rules: how long to wait, what a close means, what a key is, where the socket is. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { socketUrl } from "../src/address.ts";
import { delayMs, toldMs } from "../src/backoff.ts";
import { afterClose, reason } from "../src/closing.ts";
import { keyMs, uuid7 } from "../src/uuid7.ts";

describe("backoff", () => {
  test("is full jitter: anything from 0 to 0.5 s doubled with each try, never above 30 s", () => {
    const draws = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.nat(), draws, (attempt, draw) => {
        const wait = delayMs(attempt, draw);
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(Math.min(30_000, 500 * 2 ** Math.min(attempt, 10)));
      }),
    );
  });

  test("doubles its bounds from 0.5 s, and stays at 30 s", () => {
    const bounds = Array.from({ length: 8 }, (_, attempt) => delayMs(attempt, 1));
    expect(bounds).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  test.each([
    [null, 0],
    [undefined, 0],
    [0, 0],
    [-5, 0],
    [1_500, 1_500],
    [10 ** 12, 300_000],
  ])("obeys a server within bounds: %s", (told, wait) => {
    expect(toldMs(told)).toBe(wait);
  });
});

describe("closing", () => {
  test.each([
    [4000, "when told"],
    [4001, "backoff"],
    [4002, "at once"],
    [4003, "backoff"],
    [4004, "backoff"],
    [4499, "backoff"],
    [4500, "fresh token"],
    [4501, "stop"],
    [4503, "stop"],
    [4510, "stop"],
    [4511, "backoff"],
    [4513, "stop"],
    [4999, "stop"],
    [1000, "stop"],
    [1001, "backoff"],
    [1002, "stop"],
    [1005, "backoff"],
    [1006, "backoff"],
    [1007, "stop"],
    [1011, "backoff"],
    [1012, "backoff"],
  ])("%d: %s", (code, advice) => {
    expect(afterClose(code)).toBe(advice);
  });

  test("has a name in words for Parley's codes; a strange one is just a close", () => {
    expect([reason(4001), reason(4321), reason(1006)]).toEqual([
      "slow consumer",
      "closed",
      "closed",
    ]);
  });
});

describe("uuid7", () => {
  test("lays out a time and chance as RFC 9562 §5.7 shows it", () => {
    // The example of the RFC's appendix A.6.
    const random = Uint8Array.of(0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f);
    expect(uuid7(0x017f22e279b0, random)).toBe("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  });

  test("gives its time back, whatever the chance", () => {
    const times = fc.integer({ min: 0, max: 2 ** 48 - 1 });
    const chances = fc.uint8Array({ minLength: 10, maxLength: 10 });
    fc.assert(
      fc.property(times, chances, (ms, random) => {
        expect(keyMs(uuid7(ms, random))).toBe(ms);
      }),
    );
  });

  test("brings a time that does not fit to the nearest that does", () => {
    const random = new Uint8Array(10);
    expect(keyMs(uuid7(-1, random))).toBe(0);
    expect(keyMs(uuid7(2 ** 60, random))).toBe(2 ** 48 - 1);
    expect(keyMs(uuid7(17.9, random))).toBe(17);
  });

  test.each([
    "",
    "x",
    "017f22e2-79b0-4cc3-98c4-dc0c0c07398f",
    "017f22e2-79b0-7cc3-c8c4-dc0c0c07398f",
  ])("knows what is no key: %j", (text) => {
    expect(keyMs(text)).toBeNull();
  });
});

describe("the socket's URL", () => {
  test.each([
    ["http://127.0.0.1:8080", "ws://127.0.0.1:8080/v1/ws"],
    ["https://chat.example.org/", "wss://chat.example.org/v1/ws"],
    ["ws://[::1]:9/v1/ws", "ws://[::1]:9/v1/ws"],
    ["wss://example.org/elsewhere?x=1", "wss://example.org/elsewhere?x=1"],
  ])("of %s is %s", (url, socket) => {
    expect(socketUrl(url)).toBe(socket);
  });

  test.each(["", "example.org", "ftp://example.org", "http://"])("of %j: there is none", (url) => {
    expect(() => socketUrl(url)).toThrow(TypeError);
  });
});
