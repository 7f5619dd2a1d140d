/**
 * The tabs that one person has open in one browser: which of them leads, what each looks at, and
 * when one is gone. Where the browser has no locks (plain HTTP), a lease in its storage stands in.
 */
import { claimed, leaseOf } from "../store/lease.ts";

const LOOK_MS = 2_000;

/**
 * What a tab tells the others. `told`: whoever leads told the person of messages up to there.
 * `rings`: of all devices this one is to make a sound for that message.
 */
export type Word =
  | { readonly what: "looks"; readonly tab: string; readonly room: string | null }
  | { readonly what: "told"; readonly room: string; readonly seq: number }
  | { readonly what: "rings"; readonly room: string; readonly seq: number }
  | { readonly what: "who" };

/** This tab among the others. `told` hears their words. */
export class Tabs {
  readonly id = tabId();
  readonly #name: string;
  readonly #told: (word: Word) => void;
  readonly #channel: BroadcastChannel | null;
  readonly #over = new AbortController();
  #leads = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(user: string, told: (word: Word) => void) {
    this.#name = `parley leader ${user}`;
    this.#told = told;
    this.#channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(this.#name) : null;
    this.#channel?.addEventListener("message", ({ data }) => this.#told(data as Word), {
      signal: this.#over.signal,
    });
    if (navigator.locks) this.#queue(navigator.locks);
    else this.#stand();
  }

  /** Whether this is the one tab that speaks for all. */
  get leads(): boolean {
    return this.#leads;
  }

  /** Tell the other tabs. */
  tell(word: Word): void {
    if (!this.#over.signal.aborted) this.#channel?.postMessage(word);
  }

  /** Settle when a tab is gone for good. Without locks at once: nobody can know. */
  async gone(tab: string): Promise<void> {
    const { signal } = this.#over;
    await navigator.locks?.request(lockOf(tab), { signal }, () => {}).catch(ended);
    signal.throwIfAborted();
  }

  /** Lead no more, and hear nothing. */
  stop(): void {
    this.#over.abort();
    clearInterval(this.#timer);
    this.#channel?.close();
    if (this.#leads && !navigator.locks) write(this.#name, null);
    this.#leads = false;
  }

  /** Hold one's own lock for as long as one lives, and wait for the one of whoever leads. */
  #queue(locks: LockManager): void {
    const { signal } = this.#over;
    const life = new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    void locks.request(lockOf(this.id), { signal }, () => life).catch(ended);
    void locks
      .request(this.#name, { signal }, () => {
        this.#leads = true;
        return life;
      })
      .catch(ended);
  }

  #stand(): void {
    const look = () => {
      const { write: lease, leads } = claimed(leaseOf(read(this.#name)), this.id, Date.now());
      if (lease) write(this.#name, JSON.stringify(lease));
      this.#leads = leads;
    };
    look();
    this.#timer = setInterval(look, LOOK_MS);
    addEventListener("pagehide", () => this.#leads && write(this.#name, null), {
      signal: this.#over.signal,
    });
  }
}

function lockOf(tab: string): string {
  return `parley tab ${tab}`;
}

/** A request for a lock ends with an error when one gives up waiting. */
function ended(error: unknown): void {
  if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
}

function tabId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(36)).join(
    "",
  );
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // Storage is forbidden: every tab speaks for itself.
  }
}

function write(key: string, text: string | null): void {
  try {
    if (text === null) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
  } catch {
    // Storage is forbidden.
  }
}
