import { describe, expect, test } from "vitest";
import { claimed, LEASE_MS, type Lease, leaseOf } from "../../src/store/lease.ts";

const NOW = 1_000_000;

describe("a lease", () => {
  test("is taken where it is free, and leads from the next look on", () => {
    const first = claimed(null, "a", NOW);
    expect(first).toEqual({ write: { tab: "a", until_ms: NOW + LEASE_MS }, leads: false });
    const second = claimed(first.write, "a", NOW + 10);
    expect(second).toEqual({ write: { tab: "a", until_ms: NOW + 10 + LEASE_MS }, leads: true });
  });

  test("of another one is left alone until it has run out", () => {
    const lease: Lease = { tab: "b", until_ms: NOW + LEASE_MS };
    expect(claimed(lease, "a", NOW)).toEqual({ write: null, leads: false });
    expect(claimed(lease, "a", NOW + LEASE_MS).write?.tab).toBe("a");
  });

  test("that two took at once makes one of them lead", () => {
    const a = claimed(null, "a", NOW);
    const b = claimed(null, "b", NOW);
    // b wrote last.
    const stands = b.write;
    expect(a.leads || b.leads).toBe(false);
    expect(claimed(stands, "a", NOW + 1).leads).toBe(false);
    expect(claimed(stands, "b", NOW + 1).leads).toBe(true);
  });

  test("that would hold for ever is no lease: some clock was set back", () => {
    expect(claimed({ tab: "b", until_ms: NOW + LEASE_MS * 3 }, "a", NOW).write?.tab).toBe("a");
  });

  test.each([null, "", "x", "null", "1", '{"tab":1,"until_ms":2}', '{"tab":"a"}'])(
    "can't be read from %o",
    (text) => {
      expect(leaseOf(text)).toBeNull();
    },
  );

  test("is read as it was written", () => {
    const lease = { tab: "a", until_ms: 7 };
    expect(leaseOf(JSON.stringify(lease))).toEqual(lease);
  });
});
