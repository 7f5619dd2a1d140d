import "fake-indexeddb/auto";
import { openDB } from "idb";
import { beforeEach, describe, expect, test } from "vitest";
import { Cache } from "../../src/doing/cache_idb.ts";
import type { KeptRoom, KeptSelf, Unsent } from "../../src/store/kept.ts";
import { ME, room } from "../store/making.ts";

const SELF: KeptSelf = { me: ME, users: [], opened: ["r1"] };
const kept = (id: string, name = "General"): KeptRoom => ({
  id,
  about: room({ id, name }),
  asOf: 1,
  unread: {
    read: 0,
    asOf: 1,
    below: { count: 0, mentions: 0 },
    above: [],
    doubt: false,
    without: new Set<string>(),
  },
  log: null,
});
const unsent = (key: string, order: number): Unsent => ({
  key,
  user: "me",
  room: "r1",
  tab: "t1",
  order,
  sending: { key, text: key, reply_to: null, at_ms: 0, state: "sending", seq: null, code: null },
});
const keys = async (cache: Cache) => (await cache.unsent()).map(({ key }) => key);

let cache: Cache;
beforeEach(async () => {
  cache = new Cache();
  await cache.wipe(true);
});

describe("the cache", () => {
  test("has nothing at first", async () => {
    expect([await cache.load(), await cache.unsent()]).toEqual([null, []]);
  });

  test("gives a later page what was kept: rooms that changed anew, without those that are gone", async () => {
    await cache.save(SELF, [kept("r1"), kept("r2")], []);
    await cache.save(SELF, [kept("r1", "Tea")], ["r2"]);
    const found = await new Cache().load();
    expect(found?.self).toEqual(SELF);
    expect(found?.rooms.map(({ about }) => about.name)).toEqual(["Tea"]);
  });

  test("gives unsent messages in the order they were written, until they are settled", async () => {
    await cache.keepUnsent([unsent("b", 2), unsent("a", 3)], []);
    await cache.keepUnsent([unsent("c", 1)], []);
    expect(await keys(new Cache())).toEqual(["c", "b", "a"]);
    await cache.keepUnsent([], ["b"]);
    expect(await keys(cache)).toEqual(["c", "a"]);
  });

  test("is empty when it was wiped; what nobody got may stay", async () => {
    await cache.save(SELF, [kept("r1")], []);
    await cache.keepUnsent([unsent("a", 1)], []);
    await cache.wipe(false);
    expect([await cache.load(), await keys(cache)]).toEqual([null, ["a"]]);
    await cache.wipe(true);
    expect(await keys(cache)).toEqual([]);
  });

  test("lets a newer page open it, and keeps nothing from then on", async () => {
    const newer = await openDB("parley", 99);
    newer.close();
    await cache.save(SELF, [], []);
    expect(await cache.load()).toBeNull();
    indexedDB.deleteDatabase("parley");
  });
});
