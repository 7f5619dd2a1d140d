/**
 * The log of a room on the screen, newest at the bottom. Only what is near the screen is laid out;
 * it stays at the bottom when it is there, and else keeps what is read in its place.
 */
import type { JSX } from "preact";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { RoomState, Target } from "../store/room.ts";
import type { Me, State } from "../store/state.ts";
import { useActions } from "./actions.ts";
import { Icon } from "./Icon.tsx";
import { Rows, type Scroller } from "./Rows.tsx";
import { isOther, type RowHandlers, type RowProps, RowView } from "./RowView.tsx";
import { Rest, RestProvider } from "./rest.ts";
import { type Stage, stage } from "./stages.ts";
import { type Line, type Row, readers, type Timeline, timeline } from "./timeline.ts";

/** This close to the bottom is at the bottom. */
const BOTTOM_PIXELS = 48;
/** This close to an end, what comes beyond it is asked for. */
const NEAR_PIXELS = 1200;
/** What could not be had is asked for again so long after. */
const PAUSE_MS = 3000;
/** A message that was sought is settled once it was in sight for so many frames, one by one. */
const STILL_FRAMES = 12;
/** Frames after which one that was sought is looked for no longer. */
const MOST_FRAMES = 300;

const NOTHING: ReadonlySet<string> = new Set();
const NOBODY: readonly string[] = [];

interface Drawing {
  readonly props: RowProps;
  readonly element: JSX.Element;
}

interface MessagesProps {
  state: State;
  room: RoomState;
  handlers: RowHandlers;
  /** The keyboard leaves the log. */
  onLeave: () => void;
}

/** The log; a new one for each room. */
export function Messages({ state, room, handlers, onLeave }: MessagesProps) {
  const { talk } = useActions();
  const { id } = room.about;
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<Scroller | null>(null);
  const rows = useTimeline(room, state.me);
  const { shown, shift, generation } = useStages(rows);
  const seen = useMemo(() => readers(rows, room.receipts), [rows, room.receipts]);
  const [below, setBelow] = useState(false);
  const [current, setCurrent] = useState<string | null>(null);
  const [unfolded, setUnfolded] = useState(NOTHING);
  const unfold = useCallback((key: string) => setUnfolded((some) => new Set(some).add(key)), []);
  const [sought, setSought] = useState<string | null>(null);
  const atBottom = useRef(true);
  const asking = useRef(false);
  const settling = useRef<string | null>(null);
  const rest = useMemo(() => new Rest(), []);
  const latest = useRef(shown);
  // What comes moves the log as a hand does: rows that are on their way through are made no buttons.
  if (latest.current !== shown) rest.moved();
  latest.current = shown;
  const [isAsking, setAsking] = useState(false);

  const { phase } = state.connection;
  const canAsk = state.greeted && (phase === "live" || phase === "catching up");
  const stand = (at: boolean) => {
    if (atBottom.current === at) return;
    atBottom.current = at;
    setBelow(!at);
    talk.atBottom(id, at);
  };
  const isAtEnd = () => atBottom.current;
  const stick = () => {
    if (atBottom.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  /** Ask for what comes beyond an end that is near. */
  const fill = async () => {
    const element = box.current;
    if (!element || !canAsk || asking.current || element.clientHeight === 0) return;
    if (settling.current !== null || state.wish !== null) return;
    const { scrollTop, scrollHeight, clientHeight } = element;
    const held = room.past ?? (room.log?.phase === "ready" ? room.log : null);
    const wantsOlder = held?.more === true && scrollTop < NEAR_PIXELS;
    const isWhole = room.past?.doubt === false && room.log?.phase === "ready";
    const wantsNewer = isWhole && scrollHeight - scrollTop - clientHeight < NEAR_PIXELS;
    if (!wantsOlder && !wantsNewer) return;
    asking.current = true;
    setAsking(true);
    const done = await (wantsOlder ? talk.older(id) : talk.newer(id));
    setAsking(false);
    // Laying out asks again: not at once what was refused just now.
    if (!done) await new Promise((over) => setTimeout(over, PAUSE_MS));
    asking.current = false;
  };
  const scrolled = () => {
    const element = box.current;
    if (!element) return;
    // At the bottom it moves by itself, with each message that comes.
    if (!atBottom.current) rest.moved();
    const left = element.scrollHeight - element.scrollTop - element.clientHeight;
    // What is not laid out yet has no height: that is no bottom to stay at.
    stand(room.past === null && left < BOTTOM_PIXELS && settling.current === null);
    void fill();
  };
  /** Stay at a message that was sought, while what is about it is still measured. */
  const settle = (key: string) => {
    settling.current = key;
    let still = 0;
    let frames = 0;
    const look = () => {
      if (settling.current !== key || !box.current) return;
      frames += 1;
      still = isInSight(box.current, key) ? still + 1 : 0;
      if (still >= STILL_FRAMES || frames >= MOST_FRAMES) {
        settling.current = null;
        scrolled();
        return;
      }
      const index = latest.current.findIndex((row) => row.key === key);
      if (still === 0 && index >= 0) list.current?.scrollToIndex(index, "center");
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  };
  /** Whoever moves by themselves has seen it. */
  const unsettle = () => {
    settling.current = null;
  };
  const toNewest = () => {
    unsettle();
    talk.newest(id);
    stand(true);
    // The list may be on its way to what was sought still: this takes its place.
    list.current?.scrollToIndex(latest.current.length - 1, "end");
    stick();
    box.current?.focus();
  };

  useEffect(() => {
    talk.atBottom(id, true);
    return () => {
      talk.atBottom(id, false);
      rest.stop();
    };
  }, []);
  useEffect(() => {
    // Passive: with a listener that might prevent it, scrolling would wait for this thread.
    const options = { passive: true };
    const element = box.current;
    element?.addEventListener("wheel", unsettle, options);
    element?.addEventListener("touchmove", unsettle, options);
    return () => {
      element?.removeEventListener("wheel", unsettle);
      element?.removeEventListener("touchmove", unsettle);
    };
  }, []);
  useTarget(room, shown, (index, key) => {
    stand(false);
    setCurrent(key);
    setSought(key);
    list.current?.scrollToIndex(index, "center");
    settle(key);
  });
  const count = useRef(room.sends.length);
  useLayoutEffect(() => {
    // Whoever says something wants to see it stand there.
    if (room.sends.length > count.current) stand(true);
    else if (room.past) stand(false);
    count.current = room.sends.length;
    stick();
    void fill();
  });
  useEffect(() => {
    const observer = new ResizeObserver(stick);
    if (box.current) observer.observe(box.current);
    const content = box.current?.lastElementChild;
    if (content) observer.observe(content);
    return () => observer.disconnect();
  }, [generation]);

  /** Have what the keyboard came to in sight, and the bottom left for it, whoever moves first. */
  const hold = (target: HTMLElement) => {
    requestAnimationFrame(() => {
      if (!box.current || target !== document.activeElement || target === box.current) return;
      if (isWithin(box.current, target)) return;
      stand(false);
      target.scrollIntoView({ block: "nearest" });
    });
  };
  const focusing = useFocus(box, current);
  /** From one message to the next; from the log itself to its last one. */
  const move = (by: 1 | -1, from: HTMLElement) => {
    const lines = shown.filter((row): row is Line => row.kind === "message");
    const at = from === box.current ? -1 : lines.findIndex(({ key }) => key === current);
    const next = at < 0 ? lines.length - 1 : at + by;
    const line = lines[next];
    if (!line) return;
    setCurrent(line.key);
    focusing.current = true;
    list.current?.scrollToIndex(shown.indexOf(line), "nearest");
  };
  const kept = shown.findIndex(({ key }) => key === current);
  const draw = useDrawn((row: Row) => ({
    row,
    room,
    state,
    current: row.key === current,
    sought: row.key === sought,
    unfolded: unfolded.has(row.key),
    onUnfold: unfold,
    seenBy: seen.get(row.key) ?? NOBODY,
    handlers,
  }));

  return (
    <div class="log-frame">
      <JumpToUnread room={room} box={box} />
      {isAsking && <p class="asking">Loading…</p>}
      <div
        ref={box}
        role="log"
        aria-label="Messages"
        aria-busy={isAsking || room.log?.phase === "loading"}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
        tabIndex={0}
        // What one scrolls to is not news.
        aria-live={below ? "off" : "polite"}
        class="log"
        onScroll={scrolled}
        onPointerDown={unsettle}
        onFocusCapture={(event) => {
          const target = event.target as HTMLElement;
          const { key } = target.closest<HTMLElement>("article")?.dataset ?? {};
          if (key !== undefined) setCurrent(key);
          if (target.matches(":focus-visible")) hold(target);
        }}
        onKeyDown={(event) => {
          const { target, key } = event;
          unsettle();
          if (event.altKey || event.ctrlKey || event.metaKey) return;
          if (key === "Escape") onLeave();
          else if (!(target instanceof HTMLElement && target.matches("[role=log], article")))
            return;
          else if (key === "ArrowUp") move(-1, target);
          else if (key === "ArrowDown") move(1, target);
          else if (!press(target, key)) return;
          event.preventDefault();
        }}
      >
        <div class="filler">
          {room.log?.phase === "loading" && <p class="muted">Loading messages…</p>}
        </div>
        <RestProvider value={rest}>
          <Rows
            key={generation}
            scroller={list}
            rows={shown}
            atEnd={isAtEnd}
            shift={shift}
            kept={kept}
            draw={draw}
          />
        </RestProvider>
      </div>
      {(below || room.past) && (
        <button type="button" class="to-newest" onClick={toNewest}>
          To the newest <Icon name="down" />
        </button>
      )}
    </div>
  );
}

/** Press the button of a message that has this key. */
function press(article: HTMLElement, key: string): boolean {
  const button = article.querySelector<HTMLElement>(
    `[aria-keyshortcuts="${CSS.escape(key.toLowerCase())}"]`,
  );
  button?.click();
  return article.tagName === "ARTICLE" && button !== null;
}

/** Whether a message is laid out, and something of it within the box. */
function isInSight(box: HTMLElement, key: string): boolean {
  const article = box.querySelector(`article[data-key="${CSS.escape(key)}"]`);
  if (!article) return false;
  const { top, bottom } = article.getBoundingClientRect();
  const edges = box.getBoundingClientRect();
  return top < edges.bottom && bottom > edges.top;
}

/** Whether all of something can be seen in the box, as far as that is high enough. */
function isWithin(box: HTMLElement, inner: HTMLElement): boolean {
  const { top, bottom } = inner.getBoundingClientRect();
  const edges = box.getBoundingClientRect();
  return top >= edges.top && bottom <= edges.bottom;
}

/**
 * Draws rows by their properties. The list asks for each anew whenever it moves, and for all with each
 * message: one that is the same is given again, and costs nothing then.
 */
function useDrawn(properties: (row: Row) => RowProps): (row: Row) => JSX.Element {
  const last = useRef(new Map<string, Drawing>());
  const former = last.current;
  const drawn = new Map<string, Drawing>();
  last.current = drawn;
  return (row) => {
    let drawing = drawn.get(row.key);
    if (!drawing) {
      const props = properties(row);
      const known = former.get(row.key);
      const isSame = known !== undefined && !isOther(known.props, props);
      drawing = isSame ? known : { props, element: <RowView key={row.key} {...props} /> };
      drawn.set(row.key, drawing);
    }
    return drawing.element;
  };
}

/** The rows, made of the last ones where the room goes on from there. */
function useTimeline(room: RoomState, me: Me): readonly Row[] {
  const made = useRef<Timeline | null>(null);
  return useMemo(() => {
    const rows = timeline(room, me, made.current);
    made.current = { room, me, rows };
    return rows;
  }, [room.log, room.past, room.sends, room.line, me]);
}

/** What is laid out, one step after the other; `generation`: another one begins anew. */
function useStages(rows: readonly Row[]) {
  const last = useRef<Stage<Row> | null>(null);
  const generation = useRef(0);
  const [, again] = useState(0);
  const shown = last.current?.rows ?? [];
  const next = stage(shown, rows);
  if (next.anew) generation.current += 1;
  useLayoutEffect(() => {
    last.current = next;
    if (next.more) again((turn) => turn + 1);
  });
  return { shown: next.rows, shift: next.shift, generation: generation.current };
}

/** Bring a message that is to be shown into sight, once for each wish. */
function useTarget(
  { target }: RoomState,
  shown: readonly Row[],
  show: (index: number, key: string) => void,
): void {
  // Whoever comes to a room has no wish there yet: one that is found at once is a new one.
  const fulfilled = useRef<Target | null>(null);
  useLayoutEffect(() => {
    if (!target || target === fulfilled.current) return;
    const index = shown.findIndex(
      (row) => row.kind === "message" && (row.message?.seq ?? 0) >= target.seq,
    );
    const row = shown[index];
    if (!row) return;
    fulfilled.current = target;
    show(index, row.key);
  });
}

/** Give the keyboard to the current message once it is laid out, after `focusing` was set. */
function useFocus(box: { current: HTMLElement | null }, current: string | null) {
  const focusing = useRef(false);
  useLayoutEffect(() => {
    if (!focusing.current || current === null) return;
    const article = box.current?.querySelector<HTMLElement>(
      `article[data-key="${CSS.escape(current)}"]`,
    );
    if (!article) return;
    focusing.current = false;
    article.focus({ preventScroll: true });
  });
  return focusing;
}

/** The way to the first message that is new, until that was seen. */
function JumpToUnread({ room, box }: { room: RoomState; box: { current: HTMLElement | null } }) {
  const { talk } = useActions();
  const [passed, setPassed] = useState<number | null>(null);
  const { line } = room;
  const isOver = line === null || passed === line;
  useEffect(() => {
    const mark = isOver ? null : box.current?.querySelector(".unread-line");
    if (!mark) return;
    const observer = new IntersectionObserver(
      (seen) => seen.some((one) => one.isIntersecting) && setPassed(line),
      { root: box.current },
    );
    observer.observe(mark);
    return () => observer.disconnect();
  });
  if (isOver || room.log?.phase !== "ready") return null;
  return (
    <button
      type="button"
      class="to-unread"
      onClick={() => {
        setPassed(line);
        void talk.aim(room.about.id, line + 1);
      }}
    >
      Jump to unread <Icon name="up" />
    </button>
  );
}
