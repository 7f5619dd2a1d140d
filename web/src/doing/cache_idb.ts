/**
 * The last state and the unsent messages, in the browser's IndexedDB; of one person at a time. It
 * decides nothing. Where there is no storage it keeps nothing, and says so to nobody.
 */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Kept, KeptRoom, KeptSelf, Unsent } from "../store/kept.ts";

/** The name of the database; its version says in which shape things are kept. */
const NAME = "parley";
const VERSION = 1;

interface Schema extends DBSchema {
  self: { key: "self"; value: KeptSelf };
  rooms: { key: string; value: KeptRoom };
  unsent: { key: string; value: Unsent };
}

/** The store of this browser. Each method settles without rejecting; null: nothing is kept. */
export class Cache {
  readonly #db: Promise<IDBPDatabase<Schema> | null>;

  constructor() {
    this.#db = opened();
  }

  /** Give the last state, whosoever it was. */
  async load(): Promise<Kept | null> {
    return this.#try(async (db) => {
      const [self, rooms] = await Promise.all([db.get("self", "self"), db.getAll("rooms")]);
      return self ? { self, rooms } : null;
    });
  }

  /** Keep a part of the state, all of it or nothing. */
  async save(self: KeptSelf, rooms: readonly KeptRoom[], gone: readonly string[]): Promise<void> {
    await this.#try(async (db) => {
      const work = db.transaction(["self", "rooms"], "readwrite");
      const kept = work.objectStore("rooms");
      await Promise.all([
        work.objectStore("self").put(self, "self"),
        ...rooms.map((room) => kept.put(room, room.id)),
        ...gone.map((id) => kept.delete(id)),
        work.done,
      ]);
    });
  }

  /** Give the unsent messages in the order they were written in. */
  async unsent(): Promise<readonly Unsent[]> {
    const all = await this.#try((db) => db.getAll("unsent"));
    return (all ?? []).sort((a, b) => a.order - b.order);
  }

  /** Keep unsent messages, and forget those that are not unsent any more. */
  async keepUnsent(put: readonly Unsent[], settled: readonly string[]): Promise<void> {
    await this.#try(async (db) => {
      const work = db.transaction("unsent", "readwrite", { durability: "strict" });
      await Promise.all([
        ...put.map((one) => work.store.put(one, one.key)),
        ...settled.map((key) => work.store.delete(key)),
        work.done,
      ]);
    });
  }

  /** Forget everything; with `unsentToo` false, all but what somebody wrote and nobody got. */
  async wipe(unsentToo: boolean): Promise<void> {
    await this.#try(async (db) => {
      const work = db.transaction(["self", "rooms", "unsent"], "readwrite");
      await Promise.all([
        work.objectStore("self").clear(),
        work.objectStore("rooms").clear(),
        unsentToo ? work.objectStore("unsent").clear() : undefined,
        work.done,
      ]);
    });
  }

  /** Let go of the database; what is under way is done first. */
  async close(): Promise<void> {
    (await this.#db)?.close();
  }

  async #try<T>(work: (db: IDBPDatabase<Schema>) => Promise<T>): Promise<T | null> {
    const db = await this.#db;
    if (!db) return null;
    try {
      return await work(db);
    } catch (error) {
      // The disk is full, or the browser took the storage away: the page works without.
      console.info(`parley: nothing is kept for the next visit: ${error}`);
      return null;
    }
  }
}

async function opened(): Promise<IDBPDatabase<Schema> | null> {
  try {
    return await openDB<Schema>(NAME, VERSION, {
      upgrade(db) {
        // What another version kept is nothing to this one: the server has it all.
        for (const name of [...db.objectStoreNames]) db.deleteObjectStore(name);
        db.createObjectStore("self");
        db.createObjectStore("rooms");
        db.createObjectStore("unsent");
      },
      // A newer page wants to open it: this one keeps nothing from now on.
      blocking: (_old, _new, event) => (event.target as IDBDatabase).close(),
    });
  } catch {
    return null; // Storage is forbidden, or there is none.
  }
}
