/** One WebSocket of a browser: text in by callback, text out at once. It knows no frame. */

export const SUBPROTOCOL = "parley.v1";
/** For the connection, TLS and the upgrade together. */
export const DIAL_MS = 10_000;
const ABNORMAL = 1006;
const NORMAL = 1000;

/** What a socket tells. Nothing comes after `lost`, which comes once, nor after `drop`. */
export interface Listener {
  opened(): void;
  text(text: string): void;
  /** `code` of the close frame; 1006 when there was none, nor ever a connection. */
  lost(code: number): void;
}

/** A socket being opened, or open. */
export class Socket {
  readonly #socket: WebSocket;
  readonly #silence = new AbortController();

  /** Open `url`; a connection that is not there in `dialMs` is lost. */
  constructor(url: string, listener: Listener, dialMs: number = DIAL_MS) {
    this.#socket = new WebSocket(url, SUBPROTOCOL);
    const { signal } = this.#silence;
    const lost = (code: number): void => {
      this.drop();
      listener.lost(code);
    };
    const late = setTimeout(() => lost(ABNORMAL), dialMs);
    signal.addEventListener("abort", () => clearTimeout(late));
    const socket = this.#socket;
    socket.addEventListener(
      "open",
      () => {
        clearTimeout(late);
        listener.opened();
      },
      { signal },
    );
    socket.addEventListener(
      "message",
      ({ data }) => {
        // Binary messages are none of `parley.v1`.
        if (typeof data === "string") listener.text(data);
      },
      { signal },
    );
    socket.addEventListener("close", ({ code }) => lost(code), { signal });
  }

  /** Send one text message. Nothing happens once it is closing: `lost` tells. */
  send(text: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  /**
   * Give it up: nothing is called back any more. Idempotent.
   *
   * A close frame is tried, but nobody waits for its answer: a dead network never brings one, and
   * a browser would hold back `close` for minutes.
   */
  drop(): void {
    if (this.#silence.signal.aborted) return;
    this.#silence.abort();
    this.#socket.close(NORMAL);
  }
}
