import { describe, expect, it } from "vitest";
import { Heard, KEPT } from "../../src/store/heard.ts";
import { message } from "./making.ts";

describe("what was heard lately", () => {
  it("gives a message once, and with it what came before it in the room", () => {
    const heard = new Heard();
    for (const seq of [4, 5, 6]) heard.add(message(seq));
    heard.add(message(5, { room: "d1" }));
    expect(heard.take("r1", 5)?.seq).toBe(5);
    expect(heard.take("r1", 5)).toBeNull();
    expect(heard.has(message(4))).toBe(false);
    expect(heard.has(message(6))).toBe(true);
    expect(heard.has(message(5, { room: "d1" }))).toBe(true);
  });

  it("knows nothing of what it was not told", () => {
    const heard = new Heard();
    heard.add(message(4));
    expect(heard.take("r1", 9)).toBeNull();
    expect(heard.has(message(4))).toBe(false);
  });

  it("keeps so many and no more", () => {
    const heard = new Heard();
    for (let seq = 1; seq <= KEPT + 1; seq++) heard.add(message(seq));
    expect(heard.has(message(1))).toBe(false);
    expect(heard.has(message(2))).toBe(true);
  });
});
