/** How long an answer takes; when a ping is due is tested where it is sent. */
import { describe, expect, test } from "vitest";
import { Heartbeat } from "../src/heartbeat.ts";

describe("the round trip", () => {
  test("is measured from a ping to its pong", () => {
    const heartbeat = new Heartbeat();
    heartbeat.every(25_000);
    heartbeat.heard(0);
    expect(heartbeat.roundTripMs).toBeNull();
    expect(heartbeat.due(25_000)).toBe("ping");
    heartbeat.ponged(25_040);
    expect(heartbeat.roundTripMs).toBe(40);
    heartbeat.heard(25_040);
    expect(heartbeat.probe(30_000)).toBe(true);
    heartbeat.ponged(30_007);
    expect(heartbeat.roundTripMs).toBe(7);
  });

  test("is not what a pong says that nobody asked for", () => {
    const heartbeat = new Heartbeat();
    heartbeat.ponged(5);
    expect(heartbeat.roundTripMs).toBeNull();
  });
});
