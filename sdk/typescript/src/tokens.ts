/** Access tokens that stay fresh, and the sessions they come from. No call but auth's is here. */
import { delayMs, toldMs } from "./backoff.ts";
import { monotonic } from "./clock.ts";
import { ProblemError } from "./errors.ts";
import { answer, call } from "./http.ts";
import { type ErrorCode, SHAPES, type SignedIn, type User } from "./protocol.gen.ts";
import { onWake } from "./wake.ts";

/** A token that runs out sooner than this is not handed out any more. */
export const FRESH_MS = 60_000;
/** How long a refresh may take: shorter than other calls, for a dead network stands behind it. */
export const REFRESH_TIMEOUT_MS = 10_000;
const LOCK = "parley session";
/** Answers after which the same session is asked again. */
const AGAIN: ReadonlySet<ErrorCode> = new Set([
  "timeout",
  "unavailable",
  "rate_limited",
  "internal",
]);

/** Where a client gets its access token. */
export interface TokenSource {
  /**
   * Give a token that lasts; with `fresh`, a newer one than the last given.
   *
   * Throws ProblemError: there is none to be had, now or (`unauthorized`, `forbidden`) ever.
   */
  access(options?: { readonly fresh?: boolean }): Promise<string>;
  /** Give how long the last token given lasts; null when it is not known or never renewed. */
  expiresInMs(): number | null;
}

/** One token that nobody renews: the client stops when it has run out. */
export class FixedToken implements TokenSource {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  async access(): Promise<string> {
    return this.#token;
  }

  expiresInMs(): null {
    return null;
  }
}

/** What `onSignedOut` is told: by whom the session was ended. */
export type SignedOut = "here" | "elsewhere" | "somebody else";

interface Access {
  readonly user: User;
  readonly token: string;
  readonly endsAt: number;
}

/** Where a session's refresh token is: in a cookie that no script can read, or in memory. */
type Keep = "cookie" | "memory";

/**
 * Somebody's session: one refresh at a time, a minute before the access token's end.
 *
 * It ends when the server says so (401), never because the server cannot be reached.
 */
class Session implements TokenSource {
  readonly #url: string;
  readonly #keep: Keep;
  #refreshToken: string | null = null;
  readonly #onSignedOut: (why: SignedOut) => void;
  #access: Access | null = null;
  #refreshing: Promise<Access> | null = null;

  constructor(url: string, keep: Keep, onSignedOut: (why: SignedOut) => void) {
    this.#keep = keep;
    this.#url = url.replace(/\/+$/, "");
    this.#onSignedOut = onSignedOut;
  }

  /** Who is signed in; null: nobody. */
  get user(): User | null {
    return this.#access?.user ?? null;
  }

  /** Make an account and sign in as it; `conflict` when the name is taken. */
  async register(username: string, password: string, displayName?: string): Promise<User> {
    const name = displayName === undefined ? {} : { display_name: displayName };
    return this.#signIn("/v1/auth/register", { username, password, ...name });
  }

  /** Sign in; `unauthorized` whether the name or the password is wrong. */
  async login(username: string, password: string): Promise<User> {
    return this.#signIn("/v1/auth/login", { username, password });
  }

  /**
   * End the session everywhere it is open. Idempotent.
   *
   * Throws ProblemError when the server could not be told: one is then still signed in.
   */
  async logout(): Promise<void> {
    await this.#locked(async () => {
      try {
        if (this.#access === null) return;
        const { token } = this.#left() < FRESH_MS ? await this.#trade() : this.#access;
        await this.#revoke(token).catch(async (error: unknown) => {
          if (!isRefused(error)) throw error;
          // It ran out while the machine slept, and its clock with it; the session may live on.
          await this.#revoke((await this.#trade()).token);
        });
      } catch (error) {
        if (!isRefused(error)) throw error;
      }
    });
    this.#end("here");
  }

  /** Fetch a fresh token now. Throws ProblemError; `unauthorized`: nobody is signed in. */
  async refresh(): Promise<User> {
    return (await this.#refresh()).user;
  }

  async access(options: { readonly fresh?: boolean } = {}): Promise<string> {
    if (this.#access === null) throw new ProblemError("unauthorized", "sign in first");
    if (options.fresh || this.#left() < FRESH_MS) return (await this.#refresh()).token;
    return this.#access.token;
  }

  expiresInMs(): number | null {
    return this.#access === null ? null : Math.max(0, this.#left());
  }

  /** How long the access token lasts. */
  #left(): number {
    return (this.#access?.endsAt ?? 0) - monotonic();
  }

  async #signIn(path: string, body: object): Promise<User> {
    return this.#locked(async () => {
      const sent = monotonic();
      const cookie = this.#keep === "cookie" ? { cookie: true } : {};
      const given = await call(this.#url, "POST", path, { body: { ...body, ...cookie } });
      return this.#take(answer(given, SHAPES.SignedIn), sent).user;
    });
  }

  async #revoke(token: string): Promise<void> {
    await call(this.#url, "POST", "/v1/auth/logout", { token });
  }

  /** Refresh, once for all who ask meanwhile. */
  async #refresh(): Promise<Access> {
    this.#refreshing ??= this.#locked(() => this.#trade()).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  /** Trade the cookie for a fresh pair; only under the lock. */
  async #trade(): Promise<Access> {
    const held = this.#access;
    const sent = monotonic();
    try {
      const body = this.#refreshToken === null ? {} : { refresh_token: this.#refreshToken };
      const timeoutMs = REFRESH_TIMEOUT_MS;
      const given = await call(this.#url, "POST", "/v1/auth/refresh", { body, timeoutMs });
      const signedIn = answer<SignedIn>(given, SHAPES.SignedIn);
      if (this.#access !== held) {
        throw new ProblemError("unauthorized", "the session was ended meanwhile", 401);
      }
      if (held !== null && signedIn.user.id !== held.user.id) {
        this.#end("somebody else");
        throw new ProblemError("unauthorized", "somebody else is signed in by now", 401);
      }
      return this.#take(signedIn, sent);
    } catch (error) {
      if (isRefused(error) && held !== null && this.#access === held) this.#end("elsewhere");
      throw error;
    }
  }

  /** Take a fresh token; it lasts from the moment it was asked for, at the least. */
  #take(signedIn: SignedIn, sent: number): Access {
    this.#refreshToken = signedIn.refresh_token;
    const endsAt = sent + signedIn.expires_in * 1_000;
    this.#access = { user: signedIn.user, token: signedIn.access_token, endsAt };
    return this.#access;
  }

  #end(why: SignedOut): void {
    if (this.#access === null) return;
    this.#access = null;
    this.#refreshToken = null;
    this.#onSignedOut(why);
  }

  /** Run `work` while no other tab does; where there are no locks (plain HTTP), at once. */
  async #locked<T>(work: () => Promise<T>): Promise<T> {
    const locks = this.#keep === "cookie" ? globalThis.navigator?.locks : undefined;
    return locks === undefined ? work() : await locks.request(LOCK, work);
  }
}

/**
 * A session of a browser: the access token is kept in memory alone, the refresh token in a
 * cookie that no script can read.
 *
 * All tabs share the cookie, which every refresh replaces: they take turns (Web Locks API).
 *
 * url: where Parley is (`location.origin`).
 * onSignedOut: called once when the session ended: `here` by `logout`, `elsewhere` by the server,
 * or because `somebody else` signed in in another tab.
 */
export class CookieSession extends Session {
  constructor(url: string, onSignedOut: (why: SignedOut) => void = () => {}) {
    super(url, "cookie", onSignedOut);
  }

  /**
   * Sign in again by the cookie, after a reload. Null: nobody is signed in.
   *
   * It goes on trying while the server cannot be reached, at once when the network or the tab comes
   * back, and tells `onRetry` why and for how long it waits. Throws ProblemError for any other refusal, and what `signal` was aborted with.
   */
  async restore(
    options: {
      readonly signal?: AbortSignal;
      readonly onRetry?: (error: ProblemError, waitMs: number) => void;
    } = {},
  ): Promise<User | null> {
    for (let attempt = 0; ; attempt += 1) {
      options.signal?.throwIfAborted();
      try {
        return await this.refresh();
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        if (error.code === "unauthorized") return null;
        if (!AGAIN.has(error.code)) throw error;
        const waitMs = toldMs(error.retryAfterMs) + delayMs(attempt, Math.random());
        options.onRetry?.(error, waitMs);
        await sleep(waitMs, options.signal);
      }
    }
  }
}

/** A session of a program: all of it in memory, and over when the program ends. */
export class MemorySession extends Session {
  constructor(url: string, onSignedOut: (why: SignedOut) => void = () => {}) {
    super(url, "memory", onSignedOut);
  }
}

/**
 * A bot's tokens: its API token is traded for an access token, and anew a minute before that one's
 * end, once for all who ask meanwhile.
 */
export class BotSession implements TokenSource {
  readonly #url: string;
  readonly #apiToken: string;
  #access: Access | null = null;
  #trading: Promise<Access> | null = null;

  /** url: where Parley is. apiToken: `parley_bot_…`, good until somebody voids it. */
  constructor(url: string, apiToken: string) {
    this.#url = url.replace(/\/+$/, "");
    this.#apiToken = apiToken;
  }

  /** Who it is; null before the first token. */
  get user(): User | null {
    return this.#access?.user ?? null;
  }

  /** Throws ProblemError; `unauthorized`: the API token is not good (any more). */
  async access(options: { readonly fresh?: boolean } = {}): Promise<string> {
    if (this.#access !== null && !options.fresh && this.#left() >= FRESH_MS) {
      return this.#access.token;
    }
    this.#trading ??= this.#trade().finally(() => {
      this.#trading = null;
    });
    return (await this.#trading).token;
  }

  expiresInMs(): number | null {
    return this.#access === null ? null : Math.max(0, this.#left());
  }

  #left(): number {
    return (this.#access?.endsAt ?? 0) - monotonic();
  }

  async #trade(): Promise<Access> {
    const sent = monotonic();
    const given = await call(this.#url, "POST", "/v1/auth/token", {
      token: this.#apiToken,
      timeoutMs: REFRESH_TIMEOUT_MS,
    });
    const { user, access_token, expires_in } = answer<SignedIn>(given, SHAPES.SignedIn);
    this.#access = { user, token: access_token, endsAt: sent + expires_in * 1_000 };
    return this.#access;
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof ProblemError && error.code === "unauthorized";
}

/** Wait so long, or until there is reason to think that the network is back. */
async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  const over = new AbortController();
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    const stopWaking = onWake(resolve);
    over.signal.addEventListener("abort", () => {
      clearTimeout(timer);
      stopWaking();
    });
    signal?.addEventListener("abort", () => reject(signal.reason), { signal: over.signal });
  }).finally(() => over.abort());
}
