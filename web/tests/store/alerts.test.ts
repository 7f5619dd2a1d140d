import { describe, expect, test } from "vitest";
import { alertOf, type Circumstances, FRESH_MS } from "../../src/store/alerts.ts";
import { message, ready, room, stateAfter } from "./making.ts";

const START = stateAfter([
  ready([
    room({ last_seq: 5, read_seq: 5 }),
    room({ id: "quiet", muted: true }),
    room({ id: "d1", kind: "direct", name: null }),
  ]),
  { type: "connection", connection: { phase: "live" } },
]);
const around = (more: Partial<Circumstances> = {}): Circumstances => ({
  status: "online",
  now_ms: 10_000,
  looked: () => false,
  ...more,
});

describe("a notification", () => {
  test("says who said what, and where", () => {
    expect(alertOf(START, message(6), around())).toEqual({
      room: "r1",
      seq: 6,
      title: "Bob in General",
      body: "text 6",
    });
    expect(alertOf(START, message(6, { room: "d1" }), around())?.title).toBe("Bob");
  });

  test("shortens what is long, without cutting a character in two", () => {
    const body = alertOf(START, message(6, { text: "🫖".repeat(500) }), around())?.body ?? "";
    expect([...body]).toHaveLength(160);
    expect(body.endsWith("🫖…")).toBe(true);
  });

  test.each([
    ["one's own message", message(6, { sender: "me" }), {}],
    ["a message while one is not to be disturbed", message(6), { status: "dnd" }],
    ["what is on some screen", message(6), { looked: (id: string) => id === "r1" }],
    ["what was read already", message(5), {}],
    ["a message of a room one is not in", message(6, { room: "r9" }), {}],
    ["a message of a muted room", message(6, { room: "quiet", mentions: ["me"] }), {}],
    ["a reply in a thread that is none of mine", message(6, { thread: 1 }), {}],
  ] as const)("there is none for %s", (_, event, more) => {
    expect(alertOf(START, event, around(more))).toBeNull();
  });

  test.each([
    ["all", true, true],
    ["mentions", false, true],
    ["none", false, false],
  ] as const)("in a room set to %s is as it says", (notify, plain, mention) => {
    const state = stateAfter([ready([room({ notify })])]);
    expect(alertOf(state, message(6), around()) !== null).toBe(plain);
    expect(alertOf(state, message(6, { mentions: ["me"] }), around()) !== null).toBe(mention);
    expect(alertOf(state, message(6, { everyone: true }), around()) !== null).toBe(mention);
  });

  test("there is none for what somebody says whom one blocks, until that ends", () => {
    const blocked = stateAfter([{ type: "block", user: "bob", blocked: true }], START);
    expect(alertOf(blocked, message(6, { mentions: ["me"] }), around())).toBeNull();
    const again = stateAfter([{ type: "block", user: "bob", blocked: false }], blocked);
    expect(alertOf(again, message(6), around())).not.toBeNull();
  });

  test("there is none in a large room, but for what names one, or as the server says", () => {
    const large = stateAfter([ready([room({ members: 201, read_seq: 5 })])]);
    expect(alertOf(large, message(6), around())).toBeNull();
    expect(alertOf(large, message(6, { mentions: ["me"] }), around())).not.toBeNull();
    expect(alertOf(large, message(6), around(), true)).not.toBeNull();
    expect(alertOf(large, message(5), around(), true)).toBeNull();
    expect(alertOf(large, message(6), around({ status: "dnd" }), true)).toBeNull();
    const small = stateAfter([ready([room({ members: 200, read_seq: 5 })])]);
    expect(alertOf(small, message(6), around())).not.toBeNull();
  });

  test("there is one for a reply in a thread that mentions me", () => {
    expect(alertOf(START, message(6, { thread: 1, mentions: ["me"] }), around())).not.toBeNull();
  });

  test("there is none for what is old when it is caught up with, whatever this clock says of now", () => {
    const late = around({ now_ms: 6_000 + FRESH_MS + 1 });
    const away = stateAfter([{ type: "connection", connection: { phase: "catching up" } }], START);
    expect(alertOf(away, message(6), late)).toBeNull();
    expect(alertOf(away, message(6), around())).not.toBeNull();
    // Live it is news: then this device's clock is wrong.
    expect(alertOf(START, message(6), late)).not.toBeNull();
  });
});
