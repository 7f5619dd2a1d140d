/** Sessions: tokens stay fresh, and a session ends only when the server says so. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  BotSession,
  CookieSession,
  MemorySession,
  type ProblemError,
  type SignedOut,
} from "../src/index.ts";
import { FRESH_MS } from "../src/tokens.ts";
import { type Asked, Service } from "./peers.ts";

const ADA = { id: "u1", username: "ada", display_name: "Ada", avatar: null };
const BOB = { ...ADA, id: "u2", username: "bob" };
const LONG = 900;
const SHORT = FRESH_MS / 1_000 - 1;

/** As much of auth as a session meets. */
class Auth {
  /** Who the cookie belongs to; null: it is worth nothing. */
  owner: typeof ADA | null = ADA;
  lasts = LONG;
  failures: number[] = [];
  issued = 0;
  readonly ended: SignedOut[] = [];
  readonly service: Service;

  constructor(service: Service) {
    this.service = service;
    service.respond = ({ url, body }: Asked) => {
      const failure = this.failures.shift();
      if (failure !== undefined) return { status: failure };
      if (url === "/v1/auth/logout") {
        this.owner = null;
        return { status: 204 };
      }
      const login = url !== "/v1/auth/refresh";
      if (login) this.owner = ADA;
      if (this.owner === null) return { status: 401 };
      this.issued += 1;
      const inBody = login
        ? !(body as { cookie?: boolean } | undefined)?.cookie
        : "refresh_token" in (body as object);
      return {
        body: {
          user: this.owner,
          access_token: `access-${this.issued}`,
          refresh_token: inBody ? `refresh-${this.issued}` : null,
          expires_in: this.lasts,
        },
      };
    };
  }

  get asked(): unknown[][] {
    return this.service.asked.map(({ url, body }) => [url.replace("/v1/auth/", ""), body]);
  }

  cookie(): CookieSession {
    return new CookieSession(this.service.url, (why) => this.ended.push(why));
  }

  memory(): MemorySession {
    return new MemorySession(this.service.url, (why) => this.ended.push(why));
  }
}

let auth: Auth;
beforeEach(async () => {
  auth = new Auth(await Service.start());
});
afterEach(async () => auth.service.stop());

describe("a browser's session", () => {
  test("asks for the cookie, and has no other refresh token", async () => {
    const session = auth.cookie();
    expect(await session.register("ada", "correct horse", "Ada")).toEqual(ADA);
    expect(await session.login("ada", "correct horse")).toEqual(ADA);
    await session.access({ fresh: true });
    const names = { username: "ada", password: "correct horse" };
    expect(auth.asked).toEqual([
      ["register", { ...names, display_name: "Ada", cookie: true }],
      ["login", { ...names, cookie: true }],
      ["refresh", {}],
    ]);
  });

  test("is restored by the cookie, or is nobody's", async () => {
    const session = auth.cookie();
    expect(await session.restore()).toEqual(ADA);
    expect([session.user, await session.access()]).toEqual([ADA, "access-1"]);
    auth.owner = null;
    const nobody = auth.cookie();
    expect([await nobody.restore(), nobody.user, nobody.expiresInMs()]).toEqual([null, null, null]);
    await expect(nobody.access()).rejects.toMatchObject({ code: "unauthorized" });
    expect(auth.ended).toEqual([]);
  });

  test("is restored once the server can be reached again", async () => {
    auth.failures = [503, 502];
    const told: [ProblemError["code"], number][] = [];
    const user = await auth
      .cookie()
      .restore({ onRetry: ({ code }, waitMs) => told.push([code, waitMs]) });
    expect(user).toEqual(ADA);
    expect(told.map(([code]) => code)).toEqual(["unavailable", "unavailable"]);
  });

  test("is restored at once when the network is said to be back", async () => {
    // By the clock alone this would take a minute.
    auth.failures = Array.from({ length: 7 }, () => 503);
    vi.spyOn(Math, "random").mockReturnValue(0.99);
    const browser = new EventTarget();
    Object.assign(globalThis, { window: browser, document: new EventTarget() });
    try {
      const user = await auth.cookie().restore({
        onRetry: () => void setTimeout(() => browser.dispatchEvent(new Event("online"))),
      });
      expect(user).toEqual(ADA);
    } finally {
      Reflect.deleteProperty(globalThis, "window");
      Reflect.deleteProperty(globalThis, "document");
      vi.restoreAllMocks();
    }
  });

  test("is not asked for any more when the caller gave up", async () => {
    auth.failures = Array.from({ length: 99 }, () => 503);
    const stop = new AbortController();
    const restoring = auth.cookie().restore({
      signal: stop.signal,
      onRetry: () => stop.abort(new Error("left")),
    });
    await expect(restoring).rejects.toThrow("left");
    await expect(auth.cookie().restore({ signal: stop.signal })).rejects.toThrow("left");
    expect(auth.asked.length).toBe(1);
  });

  test("that is refused for another reason says so", async () => {
    auth.failures = [403];
    await expect(auth.cookie().restore()).rejects.toMatchObject({ code: "forbidden" });
  });

  test("ends when the server says so", async () => {
    const session = auth.cookie();
    await session.restore();
    auth.owner = null;
    await expect(session.access({ fresh: true })).rejects.toMatchObject({ code: "unauthorized" });
    expect([auth.ended, session.user]).toEqual([["elsewhere"], null]);
  });

  test("lives on while the server cannot be reached", async () => {
    const session = auth.cookie();
    await session.restore();
    auth.failures = [503];
    await expect(session.access({ fresh: true })).rejects.toMatchObject({ code: "unavailable" });
    expect([auth.ended, session.user]).toEqual([[], ADA]);
    expect(await session.access({ fresh: true })).toBe("access-2");
  });

  test("ends when the cookie has become somebody else's", async () => {
    const session = auth.cookie();
    await session.restore();
    auth.owner = BOB;
    await expect(session.access({ fresh: true })).rejects.toMatchObject({ code: "unauthorized" });
    expect([auth.ended, session.user]).toEqual([["somebody else"], null]);
  });

  test.skipIf(!navigator.locks)("takes turns with other tabs, where there are locks", async () => {
    const [first, second] = [auth.cookie(), auth.cookie()];
    const { respond } = auth.service;
    auth.service.respond = async (asked) => {
      auth.service.respond = respond;
      // Not before the other tab waits for its turn.
      while ((await navigator.locks.query()).pending?.length !== 1) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      return respond(asked);
    };
    await Promise.all([first.restore(), second.restore()]);
    expect(auth.issued).toBe(2);
  });
});

describe("tokens", () => {
  test("are given while they last, and refreshed a minute before their end", async () => {
    const session = auth.cookie();
    await session.restore();
    expect([await session.access(), await session.access()]).toEqual(["access-1", "access-1"]);
    expect(session.expiresInMs()).toBeGreaterThan((LONG - 60) * 1_000);
    auth.lasts = SHORT;
    expect(await session.access({ fresh: true })).toBe("access-2");
    auth.lasts = LONG;
    expect(await session.access()).toBe("access-3");
  });

  test("are refreshed once for all who ask meanwhile", async () => {
    const session = auth.cookie();
    await session.restore();
    const fresh = { fresh: true };
    expect(await Promise.all([session.access(fresh), session.access(fresh)])).toEqual([
      "access-2",
      "access-2",
    ]);
  });
});

describe("signing out", () => {
  test("is told to the server, once", async () => {
    const session = auth.cookie();
    await session.restore();
    await session.logout();
    await session.logout();
    expect(auth.asked.at(-1)?.[0]).toBe("logout");
    expect(auth.service.asked.at(-1)?.headers.authorization).toBe("Bearer access-1");
    expect([auth.ended, auth.service.asked.length]).toEqual([["here"], 2]);
  });

  test("takes a token that lasts", async () => {
    auth.lasts = SHORT;
    const session = auth.cookie();
    await session.restore();
    await session.logout();
    expect(auth.service.asked.at(-1)?.headers.authorization).toBe("Bearer access-2");
  });

  test("of a session that is over is done", async () => {
    const session = auth.cookie();
    await session.restore();
    auth.failures = [401, 401];
    await session.logout();
    expect(session.user).toBeNull();
  });

  test("with a token that ran out while the machine slept ends the session all the same", async () => {
    const session = auth.cookie();
    await session.restore();
    auth.failures = [401];
    await session.logout();
    expect(auth.service.asked.at(-1)?.headers.authorization).toBe("Bearer access-2");
    expect([auth.owner, auth.ended]).toEqual([null, ["here"]]);
  });

  test("is not undone by a refresh that was under way", async () => {
    const session = auth.memory();
    await session.login("ada", "correct horse");
    const { respond } = auth.service;
    let answered = (): void => {};
    const held = new Promise<void>((resolve) => {
      answered = resolve;
    });
    auth.service.respond = async (asked) => {
      const answer = await respond(asked);
      if (asked.url === "/v1/auth/refresh") await held;
      return answer;
    };
    const refreshing = session.refresh();
    await vi.waitUntil(() => auth.issued === 2);
    await session.logout();
    answered();
    await expect(refreshing).rejects.toMatchObject({ code: "unauthorized" });
    expect([session.user, auth.ended]).toEqual([null, ["here"]]);
  });

  test("without the server is not done, and said not to be", async () => {
    const session = auth.cookie();
    await session.restore();
    auth.failures = [503];
    await expect(session.logout()).rejects.toMatchObject({ code: "unavailable" });
    expect([session.user, auth.ended]).toEqual([ADA, []]);
  });
});

describe("a program's session", () => {
  test("keeps the refresh token itself, and shows each once", async () => {
    const session = auth.memory();
    await session.login("ada", "correct horse");
    await session.access({ fresh: true });
    await session.refresh();
    expect(auth.asked).toEqual([
      ["login", { username: "ada", password: "correct horse" }],
      ["refresh", { refresh_token: "refresh-1" }],
      ["refresh", { refresh_token: "refresh-2" }],
    ]);
  });
});

describe("a bot's session", () => {
  test("trades its API token at first, near the end, and when a fresh one is wanted", async () => {
    const bot = new BotSession(`${auth.service.url}/`, "parley_bot_x");
    expect([bot.user, bot.expiresInMs()]).toEqual([null, null]);
    auth.lasts = SHORT;
    expect(await Promise.all([bot.access(), bot.access()])).toEqual(["access-1", "access-1"]);
    expect([bot.user, (bot.expiresInMs() ?? 0) > 50_000]).toEqual([ADA, true]);
    auth.lasts = LONG;
    expect([await bot.access(), await bot.access()]).toEqual(["access-2", "access-2"]);
    expect(await bot.access({ fresh: true })).toBe("access-3");
    const used = auth.service.asked.map(({ url, headers }) => [url, headers.authorization]);
    expect(used).toEqual(Array(3).fill(["/v1/auth/token", "Bearer parley_bot_x"]));
  });

  test("says when the API token is good for nothing, and trades again when asked", async () => {
    const bot = new BotSession(auth.service.url, "parley_bot_x");
    auth.failures = [401];
    await expect(bot.access()).rejects.toMatchObject({ code: "unauthorized" });
    expect(await bot.access()).toBe("access-1");
  });
});
