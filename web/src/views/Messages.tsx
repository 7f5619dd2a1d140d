/**
 * The log of a room on the screen, newest at the bottom: it stays at the bottom when it is there,
 * and else keeps what is read in its place, whatever comes above or below.
 */
import { Component, createRef } from "preact";
import type { RoomState } from "../store/room.ts";
import type { Me } from "../store/state.ts";
import { Article } from "./Article.tsx";
import { type Actions, ActionsProvider } from "./actions.ts";
import { dayName, type Line, timeline } from "./timeline.ts";

/** This close to the bottom is at the bottom. */
const BOTTOM_PIXELS = 48;
/** This close to the top, older messages are asked for. */
const TOP_PIXELS = 600;

interface MessagesProps {
  room: RoomState;
  me: Me;
}
interface Anchor {
  element: HTMLElement;
  top: number;
}

/** The log; a new one for each room. */
export class Messages extends Component<MessagesProps, { below: boolean; asking: boolean }> {
  static override contextType = ActionsProvider;
  override state = { below: false, asking: false };
  readonly #box = createRef<HTMLDivElement>();
  #atBottom = true;
  #observer: ResizeObserver | null = null;

  override componentDidMount(): void {
    this.#toBottom();
    this.#observer = new ResizeObserver(() => {
      if (this.#atBottom) this.#toBottom();
    });
    if (this.#box.current) this.#observer.observe(this.#box.current);
    this.#actions.atBottom(this.props.room.about.id, true);
    this.#fill();
  }

  override componentWillUnmount(): void {
    this.#observer?.disconnect();
    this.#actions.atBottom(this.props.room.about.id, false);
  }

  override getSnapshotBeforeUpdate(): Anchor | null {
    const box = this.#box.current;
    if (!box || this.#atBottom) return null;
    for (const element of box.querySelectorAll<HTMLElement>("article")) {
      const top = element.offsetTop - box.scrollTop;
      if (top + element.offsetHeight > 0) return { element, top };
    }
    return null;
  }

  override componentDidUpdate(before: MessagesProps, _: unknown, anchor: Anchor | null): void {
    const box = this.#box.current;
    if (!box) return;
    if (this.#saysMore(before)) this.#stand(true);
    if (this.#atBottom) this.#toBottom();
    else if (anchor?.element.isConnected) box.scrollTop = anchor.element.offsetTop - anchor.top;
    this.#fill();
  }

  override render({ room, me }: MessagesProps) {
    const { log } = room;
    const lines = timeline(room, me);
    const now_ms = Date.now();
    return (
      <div class="log-frame">
        <div
          ref={this.#box}
          role="log"
          aria-label="Messages"
          aria-busy={this.state.asking || log?.phase === "loading"}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
          tabIndex={0}
          class="log"
          onScroll={this.#scrolled}
        >
          {log?.phase === "loading" && <p class="muted top">Loading messages…</p>}
          {log?.phase === "ready" && log.more && (
            <p class="top">
              <button type="button" class="quiet" onClick={() => void this.#older()}>
                {this.state.asking ? "Loading older messages…" : "Show older messages"}
              </button>
            </p>
          )}
          {log?.phase === "ready" && !log.more && (
            <p class="muted top">
              {lines.length === 0
                ? "Nothing was said here yet. Say hello!"
                : "This is the beginning."}
            </p>
          )}
          {lines.flatMap((line) => {
            // One flat list: what is nested would be drawn anew when something comes above it.
            const article = (
              <Article
                key={line.key}
                line={line}
                room={room.about.id}
                mine={line.sender === me.id}
              />
            );
            if (!line.day) return [article];
            return [<Day key={`day ${line.key}`} at_ms={line.at_ms} now_ms={now_ms} />, article];
          })}
        </div>
        {this.state.below && (
          <button type="button" class="to-newest" onClick={this.#jump}>
            To the newest <span aria-hidden="true">↓</span>
          </button>
        )}
      </div>
    );
  }

  get #actions(): Actions {
    return this.context as Actions;
  }

  /** Whether one said something oneself, after which one wants to see it. */
  #saysMore(before: MessagesProps): boolean {
    return this.props.room.sends.length > before.room.sends.length;
  }

  readonly #scrolled = (): void => {
    const box = this.#box.current;
    if (!box) return;
    this.#stand(box.scrollHeight - box.scrollTop - box.clientHeight < BOTTOM_PIXELS);
    this.#fill();
  };

  readonly #jump = (): void => {
    this.#stand(true);
    this.#toBottom();
    this.#box.current?.focus();
  };

  #stand(atBottom: boolean): void {
    if (this.#atBottom === atBottom) return;
    this.#atBottom = atBottom;
    this.setState({ below: !atBottom });
    this.#actions.atBottom(this.props.room.about.id, atBottom);
  }

  #toBottom(): void {
    const box = this.#box.current;
    if (box) box.scrollTop = box.scrollHeight;
  }

  /** Ask for older messages when the top comes near. */
  #fill(): void {
    const box = this.#box.current;
    if (box && box.clientHeight > 0 && box.scrollTop < TOP_PIXELS) void this.#older();
  }

  async #older(): Promise<void> {
    const { log, about } = this.props.room;
    if (this.state.asking || log?.phase !== "ready" || !log.more) return;
    this.state.asking = true;
    this.setState({ asking: true });
    await this.#actions.older(about.id);
    this.setState({ asking: false });
  }
}

function Day({ at_ms, now_ms }: { at_ms: Line["at_ms"]; now_ms: number }) {
  return (
    <p class="day">
      <span>{dayName(at_ms, now_ms)}</span>
    </p>
  );
}
