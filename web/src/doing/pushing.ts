/**
 * Whether this browser is told of things while Parley is closed, and the change of that; what it
 * shows then is `sw.ts`'s.
 */
import { type Api, ProblemError } from "parley-sdk";

const KEY = "parley push";

/** Whether the browser can do it at all, on this page. */
export function canPush(): boolean {
  return (
    isSecureContext &&
    "serviceWorker" in navigator &&
    "PushManager" in globalThis &&
    "Notification" in globalThis
  );
}

/** Whether this browser is to be told, and who is. */
export class Pushing {
  readonly #user: string;
  readonly #api: Api;

  constructor(user: string, api: Api) {
    this.#user = user;
    this.#api = api;
  }

  /** Whether the person wanted it in this browser, as far as the browser still lets them. */
  get on(): boolean {
    return canPush() && Notification.permission === "granted" && chosen() === this.#user;
  }

  /**
   * Have this browser told from now on; false: the person, or the browser, does not want to. It
   * may reject as every call may.
   */
  async start(): Promise<boolean> {
    if (!canPush() || (await Notification.requestPermission()) !== "granted") return false;
    if (!(await this.#subscribe())) return false;
    choose(this.#user);
    return true;
  }

  /** Have it told no more, and tell the server. Idempotent; it may reject as every call may. */
  async quit(): Promise<void> {
    await this.stop();
    const { devices } = await this.#api.pushSettings();
    for (const { id, current } of devices) if (current) await this.#api.unsubscribePush(id);
  }

  /** Have it told no more. Idempotent. */
  async stop(): Promise<void> {
    choose(null);
    if (!canPush()) return;
    const registration = await navigator.serviceWorker.getRegistration();
    // The server finds out by itself: the session ends, or the push service says that nobody is there.
    await (await registration?.pushManager.getSubscription())?.unsubscribe();
  }

  /**
   * Say that this browser is still there, in the session of now. Of a browser where somebody else
   * wanted it, they are not told any more.
   */
  async refresh(): Promise<void> {
    try {
      if (this.on) await this.#subscribe();
      else if (canPush() && chosen() !== null) await this.stop();
    } catch (error) {
      // Not now, then: it is said again when the page is opened the next time.
      if (!(error instanceof ProblemError || error instanceof DOMException)) throw error;
    }
  }

  async #subscribe(): Promise<boolean> {
    const registration = await navigator.serviceWorker.ready;
    const { public_key } = await this.#api.pushSettings();
    const key = bytesOf(public_key);
    let held = await registration.pushManager.getSubscription();
    if (held && !isSame(held.options.applicationServerKey, key)) {
      await held.unsubscribe();
      held = null;
    }
    try {
      held ??= await registration.pushManager.subscribe({
        userVisibleOnly: true,
        applicationServerKey: key,
      });
    } catch (error) {
      if (error instanceof DOMException) return false;
      throw error;
    }
    const { endpoint, keys } = held.toJSON();
    const { p256dh, auth } = keys ?? {};
    if (!endpoint || !p256dh || !auth) return false;
    await this.#api.subscribePush({
      endpoint,
      keys: { p256dh, auth },
      label: "Parley for the web",
    });
    return true;
  }
}

/** Read base64url. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function isSame(held: ArrayBuffer | null, key: Uint8Array): boolean {
  const bytes = new Uint8Array(held ?? []);
  return bytes.length === key.length && bytes.every((byte, at) => byte === key[at]);
}

/** Who wanted it in this browser. */
function chosen(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // Storage is forbidden: then it is not kept on either.
  }
}

function choose(user: string | null): void {
  try {
    if (user === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, user);
  } catch {
    // Storage is forbidden.
  }
}
