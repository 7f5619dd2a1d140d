/** Two people at two gateways of a real Parley, named by PARLEY_URL and PARLEY_GATEWAYS. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  Api,
  Client,
  type ConnectionState,
  type Handlers,
  type Item,
  MemorySession,
  type MessageSent,
  type Passing,
  type Presence,
} from "../../src/index.ts";
import { Network, Queue } from "../peers.ts";

const PASSWORD = "correct horse battery";
const MESSAGES = 50;

const { PARLEY_URL: url = "http://127.0.0.1:8080", PARLEY_GATEWAYS = url } = process.env;
const gateways = PARLEY_GATEWAYS.split(",");

let closing: (() => Promise<void> | void)[];
beforeEach(() => {
  closing = [];
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

/** Somebody who is signed in, and connected through a network of their own. */
class Person implements Handlers {
  readonly session = new MemorySession(url);
  readonly api = new Api(url, this.session);
  readonly items: Item[] = [];
  readonly arrived = new Queue<Item>();
  readonly states = new Queue<ConnectionState>();
  readonly passing = new Queue<Passing>();
  readonly watched = new Queue<readonly Presence[]>();
  readonly strange: string[] = [];
  network!: Network;
  client!: Client;

  static async come(name: string, gateway: string): Promise<Person> {
    const person = new Person();
    const tail = crypto.randomUUID().slice(0, 8);
    await person.session.register(`${name}-${tail}`, PASSWORD);
    person.network = await Network.to(Number(new URL(gateway).port));
    closing.push(() => person.network.stop());
    person.client = new Client(person.network.url, person.session, person);
    closing.push(() => person.client.close());
    return person;
  }

  get id(): string {
    return this.session.user?.id ?? "";
  }

  get said(): string[] {
    return this.items
      .filter((item): item is MessageSent => item.type === "message")
      .map(({ text }) => text);
  }

  onEvent(item: Item): void {
    this.items.push(item);
    this.arrived.put(item);
  }
  onState(state: ConnectionState): void {
    this.states.put(state);
  }
  onPassing(frame: Passing): void {
    this.passing.put(frame);
  }
  onWatched(presence: readonly Presence[]): void {
    this.watched.put(presence);
  }
  onStrange(what: string): void {
    this.strange.push(what);
  }

  async until(state: ConnectionState["state"]): Promise<void> {
    await this.states.find((entered) => entered.state === state);
  }

  async live(): Promise<void> {
    this.client.connect();
    await this.until("live");
  }

  async hear(count: number): Promise<void> {
    while (this.said.length < count) await this.arrived.next();
  }
}

async function two(): Promise<{ ada: Person; bob: Person; room: string }> {
  const ada = await Person.come("ada", gateways[0] ?? url);
  const bob = await Person.come("bob", gateways.at(-1) ?? url);
  const { id: room } = await ada.api.createRoom({ kind: "public", name: "General" });
  await bob.api.join(room);
  return { ada, bob, room };
}

/** Send messages one after the other; give when all of them are durable. */
function talk(person: Person, room: string, from: number, count: number): Promise<unknown> {
  const texts = Array.from({ length: count }, (_, at) => `${person.id} ${from + at}`);
  return Promise.all(texts.map((text) => person.client.send(room, text).result));
}

describe("two people at two gateways", () => {
  test("see a hundred messages once and in one order, though their sockets are cut", async () => {
    const { ada, bob, room } = await two();
    await Promise.all([ada.live(), bob.live()]);
    const half = MESSAGES / 2;
    await Promise.all([talk(ada, room, 0, half), talk(bob, room, 0, half)]);

    const rest = [talk(ada, room, half, half), talk(bob, room, half, half)];
    ada.network.cut();
    await ada.until("connecting");
    await ada.until("live");
    bob.client.drop();
    await Promise.all(rest);
    await Promise.all([ada.hear(2 * MESSAGES), bob.hear(2 * MESSAGES)]);

    const { messages } = await ada.api.messages(room, { limit: 100 });
    const log = messages.map(({ text }) => text);
    expect(log.length).toBe(2 * MESSAGES);
    expect(ada.said).toEqual(log);
    expect(bob.said).toEqual(log);
    for (const { id } of [ada, bob]) {
      const own = Array.from({ length: MESSAGES }, (_, at) => `${id} ${at}`);
      expect(log.filter((text) => text.startsWith(id))).toEqual(own);
    }
    expect([ada.strange, bob.strange]).toEqual([[], []]);
  });

  test("miss nothing of what was said while the network was away without a word", async () => {
    const { ada, bob, room } = await two();
    await Promise.all([ada.live(), bob.live()]);
    bob.network.gone = true;
    await talk(ada, room, 0, 3);
    const sent = bob.client.send(room, "from the tunnel");
    bob.client.probe();
    await bob.until("connecting");
    bob.network.gone = false;
    await sent.result;
    await Promise.all([ada.hear(4), bob.hear(4)]);
    expect(bob.said).toEqual([...ada.said.slice(0, 3), "from the tunnel"]);
    expect(ada.said).toEqual(bob.said);
  });

  test("are told when the log ends before what they hold", async () => {
    const { ada, bob, room } = await two();
    await ada.live();
    await talk(ada, room, 0, 1);
    await ada.hear(1);
    const { [room]: last = 0 } = ada.client.positions();
    const late = new Client(bob.network.url, bob.session, bob, {
      resume: { [room]: last + 10 ** 6 },
    });
    closing.push(() => late.close());
    late.connect();
    await bob.until("live");
    expect(bob.items).toMatchObject([{ type: "rewound", room, to: last }]);
  });

  test("are refused what is refused, and go on", async () => {
    const { ada, room } = await two();
    await ada.live();
    const { id: secret } = await (await Person.come("eve", url)).api.createRoom({
      kind: "private",
      name: "Secret",
    });
    await expect(ada.client.send(secret, "hi").result).rejects.toMatchObject({ code: "not_found" });
    await expect(ada.client.sync(secret, 0)).rejects.toMatchObject({ code: "not_found" });
    await expect(ada.client.send(room, "").result).rejects.toMatchObject({ code: "invalid" });
    await ada.client.send(room, "still here").result;
    const { events } = await ada.client.sync(room, 0);
    expect(events.map(({ type }) => type)).toContain("message");
    expect(ada.strange).toEqual([]);
  });

  test("see each other come, type, read and go, also after a reconnect", async () => {
    const { ada, bob, room } = await two();
    await Promise.all([ada.live(), bob.live()]);
    ada.client.watch([bob.id]);
    // Whether he is here already when this is answered, is nobody's promise.
    expect(await ada.watched.next()).toMatchObject([{ user: bob.id }]);
    bob.client.setStatus("dnd");
    await ada.passing.find((frame) => frame.type === "presence" && frame.status === "dnd");
    bob.client.typing(room, true);
    await ada.passing.find((frame) => frame.type === "typing" && frame.user === bob.id);
    const { seq } = await ada.client.send(room, "hi").result;
    bob.client.markRead(room, seq);
    await ada.passing.find((frame) => frame.type === "read" && frame.seq === seq);

    ada.network.cut();
    expect(await ada.watched.next()).toMatchObject([{ user: bob.id, status: "dnd" }]);
    bob.client.close();
    await ada.passing.find((frame) => frame.type === "presence" && frame.status === "offline");
  });

  test("are found, added, made moderators, and removed", async () => {
    const { ada, bob } = await two();
    await bob.live();
    const { id: room } = await ada.api.createRoom({ kind: "private", name: "Two", topic: "us" });
    const [found] = await ada.api.searchUsers(bob.session.user?.username ?? "");
    expect(found?.id).toBe(bob.id);
    await ada.api.addMember(room, bob.id);
    await bob.passing.find((frame) => frame.type === "room.added" && frame.room.id === room);
    await ada.api.setRole(room, bob.id, "moderator");
    const { members } = await bob.api.members(room);
    expect(members.map(({ user, role }) => [user.id, role]).sort()).toEqual(
      [
        [ada.id, "owner"],
        [bob.id, "moderator"],
      ].sort(),
    );
    await ada.api.removeMember(room, bob.id);
    await expect(bob.api.room(room)).rejects.toMatchObject({ code: "not_found", status: 404 });
    expect((await bob.api.myRooms()).rooms.map(({ id }) => id)).not.toContain(room);
  });

  test("end their session, and their sockets with it", async () => {
    const { ada } = await two();
    await ada.live();
    expect(await ada.api.me()).toMatchObject({ id: ada.id });
    await ada.session.logout();
    await ada.until("closed");
    expect(ada.client.state).toMatchObject({ state: "closed", error: { code: 4501 } });
  });
});
