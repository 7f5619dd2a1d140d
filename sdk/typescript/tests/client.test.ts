/** The client on real sockets: it comes back, misses nothing, and ends when it should. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  Client,
  type ClientOptions,
  ClosedError,
  type ConnectionState,
  type Handlers,
  type Item,
  type Passing,
  type Presence,
  ProblemError,
  type TokenSource,
} from "../src/index.ts";
import { Socket } from "../src/socket.ts";
import { onWake } from "../src/wake.ts";
import { KEY, message, resumed, room } from "./making.ts";
import { Gateway, type Link, Network, Queue } from "./peers.ts";

let gateway: Gateway;
let clients: Client[];
beforeEach(async () => {
  gateway = await Gateway.start();
  clients = [];
});
afterEach(async () => {
  for (const client of clients) client.close();
  await gateway.stop();
});

/** A client, and everything it tells. */
class Told implements Handlers {
  readonly items = new Queue<Item>();
  readonly states = new Queue<ConnectionState>();
  readonly passing = new Queue<Passing>();
  readonly watched = new Queue<readonly Presence[]>();
  readonly strange = new Queue<string>();
  readonly client: Client;

  constructor(url: string, tokens: string | TokenSource = "token", options: ClientOptions = {}) {
    this.client = new Client(url, tokens, this, options);
    clients.push(this.client);
  }

  onEvent(item: Item): void {
    this.items.put(item);
  }
  onPassing(frame: Passing): void {
    this.passing.put(frame);
  }
  onWatched(presence: readonly Presence[]): void {
    this.watched.put(presence);
  }
  onState(state: ConnectionState): void {
    this.states.put(state);
  }
  onStrange(what: string): void {
    this.strange.put(what);
  }

  async until(state: ConnectionState["state"]): Promise<ConnectionState> {
    return this.states.find((entered) => entered.state === state);
  }
}

async function connected(told: Told, ...rooms: ReturnType<typeof room>[]): Promise<Link> {
  told.client.connect();
  const link = await gateway.links.next();
  await link.greet(...rooms);
  await told.until("live");
  return link;
}

async function answer(link: Link, seq: number): Promise<unknown> {
  const { id, key } = await link.receive("send");
  link.send({ type: "ok", id, result: { seq, ts: 1, duplicate: false } });
  return key;
}

describe("a connection", () => {
  test("that is broken on this side comes back too", async () => {
    const told = new Told(gateway.url);
    told.client.drop();
    await connected(told);
    told.client.drop();
    await (await gateway.links.next()).greet();
    expect(await told.until("live")).toEqual({ state: "live" });
  });

  test("that is lost comes back, and what was missed comes once", async () => {
    const told = new Told(gateway.url);
    const first = await connected(told, room({ last_seq: 1 }));
    first.send(message(2));
    expect(await told.items.next()).toEqual(message(2));
    first.abort();
    const second = await gateway.links.next();
    expect(await second.greet(room({ last_seq: 3 }))).toMatchObject({ resume: { r1: 2 } });
    second.send(message(3), resumed(2, 3), message(4));
    expect(await told.items.next()).toEqual(message(3));
    expect(await told.items.next()).toEqual(message(4));
    expect(told.client.positions()).toEqual({ r1: 4 });
  });

  test("whose network vanished without a word is given up without an answer", async () => {
    const network = await Network.to(gateway.port);
    try {
      const told = new Told(network.url);
      const link = await connected(told, room({ last_seq: 1 }));
      network.gone = true;
      link.send(message(2));
      told.client.probe(); // 5 s of patience; the silence before it is tried with the core
      expect(await told.until("connecting")).toMatchObject({ why: "closed (1006)" });
      network.gone = false;
      const second = await gateway.links.next();
      await second.greet(room({ last_seq: 2 }));
      second.send(message(2), resumed(1, 2));
      await told.until("live");
      expect(await told.items.next()).toEqual(message(2));
    } finally {
      await network.stop();
    }
  });

  test("that is probed pings at once", async () => {
    const told = new Told(gateway.url);
    const link = await connected(told);
    told.client.probe();
    expect(await link.receive("ping")).toEqual({ type: "ping" });
  });

  test("that is closed for good says why, and ends what waits", async () => {
    const told = new Told(gateway.url);
    const link = await connected(told);
    const { result } = told.client.send("r1", "hi");
    const ended = expect(result).rejects.toMatchObject({ code: 4501 });
    link.close(4501);
    expect(await told.until("closed")).toMatchObject({ error: { code: 4501 } });
    await ended;
    expect(told.client.state).toMatchObject({ state: "closed" });
    await expect(told.client.send("r1", "hi").result).rejects.toThrow(ClosedError);
    await expect(told.client.sync("r1", 0)).rejects.toThrow(ClosedError);
  });

  test("is closed by its user, at once and for good", async () => {
    const told = new Told(gateway.url);
    const link = await connected(told);
    told.client.close();
    told.client.close();
    told.client.connect();
    expect(await told.until("closed")).toEqual({ state: "closed", error: null });
    expect(await link.closed).toBe(1000);
  });

  test("closed before it was ever begun ends what waits", async () => {
    const told = new Told(gateway.url);
    const { result } = told.client.send("r1", "hi");
    told.client.close();
    await expect(result).rejects.toThrow(ClosedError);
  });

  test("to no address is refused at once", () => {
    expect(() => new Client("chat.example.org", "t", {})).toThrow(TypeError);
  });
});

describe("messages", () => {
  test("go out in order, with a key of their own", async () => {
    const told = new Told(gateway.url);
    const link = await connected(told);
    const sendings = ["one", "two"].map((text) => told.client.send("r1", text, { replyTo: 7 }));
    const keys = [await answer(link, 1), await answer(link, 2)];
    expect(keys).toEqual(sendings.map(({ key }) => key));
    expect(await Promise.all(sendings.map(({ result }) => result))).toMatchObject([
      { seq: 1 },
      { seq: 2 },
    ]);
  });

  test("survive a lost connection with the same key", async () => {
    const told = new Told(gateway.url);
    const first = await connected(told);
    const { key, result } = told.client.send("r1", "hi");
    expect(await first.receive("send")).toMatchObject({ key, text: "hi" });
    first.abort();
    const second = await gateway.links.next();
    await second.greet();
    expect(await answer(second, 5)).toBe(key);
    expect(await result).toMatchObject({ seq: 5 });
  });

  test("wait for a first connection", async () => {
    const told = new Told(gateway.url);
    const { result } = told.client.send("r1", "hi", { key: KEY, attachments: ["m1"], thread: 1 });
    told.client.connect();
    const link = await gateway.links.next();
    await link.greet();
    const send = await link.receive("send");
    expect(send).toMatchObject({ key: KEY, attachments: ["m1"], thread: 1 });
    link.send({ type: "error", id: send.id, code: "forbidden", message: "no" });
    await expect(result).rejects.toMatchObject({ code: "forbidden", key: KEY });
  });

  test("tell another key when the clock was ahead", async () => {
    const told = new Told(gateway.url);
    const link = await connected(told);
    const keys: string[] = [];
    const sending = told.client.send("r1", "hi", { onKey: (key) => keys.push(key) });
    const { id, key } = await link.receive("send");
    link.send({ type: "error", id, code: "bad_key", message: "ahead", server_time_ms: 10 ** 12 });
    const another = await answer(link, 1);
    await sending.result;
    expect(another).not.toBe(key);
    expect([keys, sending.key]).toEqual([[another], another]);
  });

  test("that are withdrawn end, and the next goes", async () => {
    const told = new Told(gateway.url);
    const link = await connected(told);
    const [first, second] = [told.client.send("r1", "one"), told.client.send("r1", "two")];
    await link.receive("send");
    first.withdraw();
    await expect(first.result).rejects.toMatchObject({ code: "timeout", key: first.key });
    expect(await answer(link, 1)).toBe(second.key);
    await second.result;
  });
});

describe("the rest", () => {
  test("sync, watch, typing, read marks and status go out, and their answers come in", async () => {
    const told = new Told(gateway.url, "token", { status: "idle", name: "test/1" });
    told.client.connect();
    const link = await gateway.links.next();
    expect(await link.greet()).toMatchObject({ status: "idle", client: "test/1" });
    await told.until("live");
    const synced = told.client.sync("r1", 3);
    const { id } = await link.receive("sync");
    const events = { events: [message(4)], more: false, oldest: 1 };
    link.send({ type: "ok", id, result: events });
    expect(await synced).toEqual(events);
    told.client.watch(["u2"]);
    const watch = await link.receive("watch");
    const presence = [{ user: "u2", status: "online", last_seen_ms: null }];
    link.send({ type: "ok", id: watch.id, result: { presence } });
    expect(await told.watched.next()).toEqual(presence);
    expect(() => told.client.watch(Array.from({ length: 501 }, String))).toThrow(RangeError);
    told.client.typing("r1", true);
    expect(await link.receive("typing")).toMatchObject({ active: true });
    told.client.markRead("r1", 4);
    expect(await link.receive("read")).toMatchObject({ seq: 4 });
    told.client.setStatus("dnd");
    expect(await link.receive("status")).toMatchObject({ status: "dnd" });
    link.send({ type: "pong" }, { type: "typing", room: "r1", user: "u2", active: true });
    expect(await told.passing.next()).toMatchObject({ type: "typing" });
  });

  test("a callback that throws is told, and stops nothing", async () => {
    const told = new Told(gateway.url);
    told.onEvent = (item) => {
      told.items.put(item);
      throw new Error("a fault of the app");
    };
    const link = await connected(told);
    link.send(message(1), message(2));
    await told.items.next();
    expect(await told.items.next()).toEqual(message(2));
    expect(await told.strange.next()).toContain("a fault of the app");
  });

  test("what a callback does is done after it", async () => {
    const told = new Told(gateway.url);
    told.onEvent = (item) => {
      if (item.type === "message") told.client.markRead(item.room, item.seq);
    };
    const link = await connected(told);
    link.send(message(1));
    expect(await link.receive("read")).toMatchObject({ seq: 1 });
  });
});

/** A source of tokens that a test scripts. */
class Scripted implements TokenSource {
  readonly asked: boolean[] = [];
  next: () => string | ProblemError = () => "token";
  lasts: number | null = null;

  async access(options: { readonly fresh?: boolean } = {}): Promise<string> {
    this.asked.push(options.fresh ?? false);
    const next = this.next();
    if (typeof next === "string") return next;
    throw next;
  }

  expiresInMs(): number | null {
    return this.lasts;
  }
}

describe("tokens", () => {
  test("that were refused are fetched afresh", async () => {
    const tokens = new Scripted();
    const told = new Told(gateway.url, tokens);
    const first = await connected(told);
    tokens.next = () => "fresh";
    first.close(4500);
    const second = await gateway.links.next();
    expect(await second.greet()).toMatchObject({ token: "fresh" });
    expect(tokens.asked).toEqual([false, true]);
  });

  test("that stay the same end it", async () => {
    const told = new Told(gateway.url);
    (await connected(told)).close(4500);
    expect(await told.until("closed")).toMatchObject({ error: { code: 4500 } });
  });

  test("that are not to be had for now are asked for again", async () => {
    const tokens = new Scripted();
    const answers = [new ProblemError("unavailable", "away"), "token"];
    tokens.next = () => answers.shift() ?? "token";
    const told = new Told(gateway.url, tokens);
    told.client.connect();
    await told.states.find((state) => state.state === "connecting" && state.why.includes("away"));
    await (await gateway.links.next()).greet();
    await told.until("live");
  });

  test("of nobody end it", async () => {
    const tokens = new Scripted();
    tokens.next = () => new ProblemError("unauthorized", "signed out");
    const told = new Told(gateway.url, tokens);
    told.client.connect();
    expect(await told.until("closed")).toMatchObject({ error: { code: 4500 } });
  });

  test("of a source that is broken end it, and say so", async () => {
    const tokens = new Scripted();
    tokens.access = () => Promise.reject(new Error("broken"));
    const told = new Told(gateway.url, tokens);
    told.client.connect();
    expect(await told.until("closed")).toMatchObject({
      error: { code: 0, message: expect.stringContaining("broken") },
    });
  });

  test("that run out are renewed on the living connection, and again if that failed", async () => {
    const tokens = new Scripted();
    const told = new Told(gateway.url, tokens);
    const link = await connected(told);
    const answers = [new ProblemError("unavailable", "away"), "second"];
    tokens.next = () => answers.shift() ?? "second";
    link.send({ type: "auth.expiring", expires_in_ms: 60_000 });
    expect(await told.strange.next()).toContain("away");
    link.send({ type: "auth.expiring", expires_in_ms: 60_000 });
    expect(await link.receive("auth")).toMatchObject({ token: "second" });
  });
});

describe("a socket", () => {
  const silent = { opened: () => {}, text: () => {} };

  test("that does not come about in time is lost, without waiting for more", async () => {
    const network = await Network.to(gateway.port);
    network.gone = true;
    try {
      const code = await new Promise((lost) => new Socket(network.url, { ...silent, lost }, 50));
      expect(code).toBe(1006);
    } finally {
      await network.stop();
    }
  });

  test("to nobody is lost", async () => {
    const network = await Network.to(gateway.port);
    const { url } = network;
    await network.stop();
    const code = await new Promise((lost) => new Socket(url, { ...silent, lost }));
    expect(code).toBe(1006);
  });

  test("that was given up says nothing more, and sends nothing", async () => {
    const said: string[] = [];
    const opened = new Promise<void>((resolve) => {
      const socket: Socket = new Socket(gateway.url, {
        opened: () => {
          socket.drop();
          socket.drop();
          socket.send("x");
          resolve();
        },
        text: (text) => said.push(text),
        lost: () => said.push("lost"),
      });
    });
    const link = await gateway.links.next();
    link.send({ type: "pong" });
    await opened;
    expect(await link.closed).toBe(1000);
    expect(said).toEqual([]);
  });
});

test("a browser's network and tab are listened to until they are not", () => {
  const page = Object.assign(new EventTarget(), { visibilityState: "hidden" });
  const browser = new EventTarget();
  Object.assign(globalThis, { window: browser, document: page });
  try {
    let woken = 0;
    const stop = onWake(() => {
      woken += 1;
    });
    page.dispatchEvent(new Event("visibilitychange"));
    expect(woken).toBe(0);
    page.visibilityState = "visible";
    page.dispatchEvent(new Event("visibilitychange"));
    browser.dispatchEvent(new Event("online"));
    browser.dispatchEvent(new Event("pageshow"));
    expect(woken).toBe(3);
    stop();
    browser.dispatchEvent(new Event("online"));
    expect(woken).toBe(3);
  } finally {
    Reflect.deleteProperty(globalThis, "window");
    Reflect.deleteProperty(globalThis, "document");
  }
});
