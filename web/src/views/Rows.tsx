/**
 * The rows of a long list that are near the screen, each where it belongs; what a row is it does not
 * know. Where each belongs, and what is kept in its place while they are measured, is virtua's to
 * say; here is how little of the page changes for it while one scrolls.
 */
import { Component, createRef, type JSX, type RefObject } from "preact";
import {
  ACTION_ITEMS_LENGTH_CHANGE,
  createContainerDriver,
  createListLayout,
  createVirtualStore,
  UPDATE_VIRTUAL_STATE,
} from "virtua/unstable_core";
import { atOnce } from "./at_once.ts";
import { type Span, spread } from "./spread.ts";
import type { Keyed } from "./stages.ts";

/** Laid out beyond the edges of the screen. */
const BUFFER_PIXELS = 600;

/** So many that are added to an end in sight are laid out at once; more a few a frame, as all others. */
const AT_ONCE = 8;

/** Less than this apart is the same place, reckoned in two ways. */
const ROUNDED_PIXELS = 0.01;

const NONE: Span = { from: 0, to: -1 };

type Align = "start" | "center" | "end" | "nearest";

/** What of virtua's core is used here; its own types do not leave its package. */
interface Store {
  $dispose(): void;
  $getStateVersion(): number;
  $getRange(buffer: number): [number, number];
  $getItemOffset(index: number): number;
  $getTotalSize(): number;
  $isScrolling(): boolean;
  $subscribe(target: number, changed: (sync?: boolean) => void): () => void;
  $update(action: number, length: number, shift: boolean): void;
}

interface Layout {
  /** Until enough was measured to guess the height of the rest by. */
  $isEstimating(): boolean;
  $setItemSizes(sizes: readonly (readonly [index: number, pixels: number])[], view: number): void;
}

interface Driver {
  $observe(container: HTMLElement): void;
  $observeItem(element: HTMLElement, index: number): () => void;
  $scroll(index: number, options: { align: Align }): Promise<void>;
  $effect(): void;
  $dispose(): void;
}

/** What can be asked of the rows. */
export interface Scroller {
  /** Bring a row into sight, and stay with it while those about it are measured. */
  scrollToIndex(index: number, align: Align): void;
}

interface RowsProps<T extends Keyed> {
  rows: readonly T[];
  /** Is given what can be asked of them, for as long as they are there. */
  scroller: { current: Scroller | null };
  /** Their end is in sight, and stays there: so are those that are added to it. */
  atEnd: () => boolean;
  /** The beginning changed: places are kept from the end. */
  shift: boolean;
  /** One that is laid out wherever it is; -1: none. */
  kept: number;
  draw: (row: T) => JSX.Element;
}

interface Drawn {
  readonly index: number;
  readonly top: number;
  readonly inner: JSX.Element;
  readonly outer: JSX.Element;
}

/** The rows; a new one for each list that has nothing in common with the last. */
export class Rows<T extends Keyed> extends Component<RowsProps<T>> implements Scroller {
  readonly #layout: Layout;
  readonly #store: Store;
  readonly #driver: Driver;
  readonly #box = createRef<HTMLDivElement>();
  /** What of the store is on the page. */
  #settled = -1;
  #rendered = -1;
  /** The store is told something while it is drawn. */
  #telling = false;
  #count = 0;
  /** Laid out at present. */
  #span: Span | null = null;
  #drawn = new Map<string, Drawn>();
  /** From this row on they were added to an end in sight by what was drawn last. */
  #addedFrom = Number.POSITIVE_INFINITY;
  /** On the page since just now. */
  readonly #fresh = new Map<number, HTMLElement>();
  /** How far below its own place the shelf is on which the rows are. */
  #origin = 0;
  /** Something is looked at with the next frame; more rows come with it: that frame is this one. */
  #frame: number | null = null;
  #more = false;
  #due = false;
  /** What the store gave last, and how many came above since. */
  #asked: Span = NONE;
  #came = 0;

  constructor(props: RowsProps<T>) {
    super(props);
    const layout = createListLayout(props.rows.length);
    this.#layout = layout as Layout;
    this.#store = createVirtualStore(layout) as Store;
    this.#driver = createContainerDriver(this.#store, layout, false) as Driver;
  }

  scrollToIndex(index: number, align: Align): void {
    void this.#driver.$scroll(index, { align });
  }

  /** A row is on the page. Gives what takes it off. */
  laid(element: HTMLElement, index: number): () => void {
    this.#fresh.set(index, element);
    return this.#driver.$observeItem(element, index);
  }

  override componentDidMount(): void {
    this.props.scroller.current = this;
    this.#store.$subscribe(UPDATE_VIRTUAL_STATE, (sync) => {
      if (this.#telling) return;
      if (sync) atOnce(() => this.setState({}));
      // A scroll event comes before its frame is made: others may have it drawn by then.
      else this.#look();
    });
    if (this.#box.current) this.#driver.$observe(this.#box.current);
    this.#settle();
  }

  override componentDidUpdate(): void {
    this.#measure();
    this.#settle();
  }

  override componentWillUnmount(): void {
    if (this.props.scroller.current === this) this.props.scroller.current = null;
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#store.$dispose();
    this.#driver.$dispose();
  }

  #settle(): void {
    const version = this.#store.$getStateVersion();
    if (version === this.#settled) return;
    this.#settled = version;
    this.#driver.$effect();
  }

  /**
   * Measure what was added to an end that is in sight: else it was moved twice, once to where it is
   * thought to end and once, after its frame was laid out, to where it does.
   */
  #measure(): void {
    const added = [...this.#fresh].filter(([index]) => index >= this.#addedFrom);
    this.#fresh.clear();
    if (added.length === 0) return;
    // Nothing in sight is below them, so nothing has to be kept in its place.
    const sizes = added.map(
      ([index, element]) => [index, element.getBoundingClientRect().height] as const,
    );
    this.#layout.$setItemSizes(sizes, 0);
    this.setState({});
  }

  /**
   * Which rows to lay out now, after so many came above and with all up to an `end`; asks for the
   * next frame where some are still to come.
   */
  #near(came: number, end: number): Span {
    const seen = spanOf(this.#store.$getRange(0));
    const wanted = spanOf(this.#store.$getRange(BUFFER_PIXELS));
    // Between a move of its own and the word of it the store gives the last range again, by indices
    // that are others' once something came above.
    const isOld = wanted.from === this.#asked.from && wanted.to === this.#asked.to;
    this.#asked = wanted;
    this.#came = isOld ? this.#came + came : 0;
    const former = this.#span && moved(this.#span, came);
    const sight = upTo(moved(seen, this.#came), end);
    const near = upTo(moved(wanted, this.#came), end);
    const { span, more } = spread(former, sight, this.#remaining(former, sight, near), this.#due);
    this.#due = false;
    this.#span = span;
    this.#more = more;
    if (more) this.#look();
    return span;
  }

  /**
   * What is near, with what is laid out above it and is no further from the screen: the store leaves
   * that out while the log moves down, which it does with each message, and wants it again after.
   */
  #remaining(former: Span | null, sight: Span, near: Span): Span {
    if (!former || former.from > near.to || former.to < near.from) return near;
    const top = (index: number) => this.#store.$getItemOffset(index);
    let { from } = near;
    while (from > former.from && top(sight.from) - top(from) < BUFFER_PIXELS) from -= 1;
    return { from, to: near.to };
  }

  #look(): void {
    this.#frame ??= requestAnimationFrame(() => this.#next());
  }

  #next(): void {
    this.#frame = null;
    if (!this.#more && this.#rendered === this.#store.$getStateVersion()) return;
    this.#due = this.#more;
    atOnce(() => this.setState({}));
  }

  /** The last row, where all that were added to an end in sight are laid out at once; else -1. */
  #end(length: number, shift: boolean): number {
    const added = shift ? 0 : length - this.#count;
    const isFew = added > 0 && added <= AT_ONCE && !this.#layout.$isEstimating();
    this.#addedFrom = isFew && this.props.atEnd() ? this.#count : Number.POSITIVE_INFINITY;
    return this.#addedFrom < length ? length - 1 : -1;
  }

  override render({ rows, shift, kept, draw }: RowsProps<T>) {
    const store = this.#store;
    this.#telling = true;
    store.$update(ACTION_ITEMS_LENGTH_CHANGE, rows.length, shift);
    this.#telling = false;
    this.#rendered = store.$getStateVersion();
    const end = this.#end(rows.length, shift);
    const near = this.#near(shift ? rows.length - this.#count : 0, end);
    this.#count = rows.length;
    const indices = indicesOf(near, kept, rows.length);
    const moves = store.$isScrolling();
    this.#origin = moves ? this.#stays(rows, indices) : 0;
    const former = this.#drawn;
    this.#drawn = new Map();
    const places = indices.map((index) => this.#place(former, rows[index] as T, index, draw));
    return (
      <div
        ref={this.#box as RefObject<HTMLDivElement>}
        class={moves ? "rows moving" : "rows"}
        style={{ height: `${store.$getTotalSize()}px` }}
      >
        <div
          class="shelf"
          style={{ transform: this.#origin === 0 ? "" : `translateY(${this.#origin}px)` }}
        >
          {places}
        </div>
      </div>
    );
  }

  /**
   * Where the shelf has to be for the rows on it to stay as they are: they move with what is measured
   * above them, all by the same, and one element is moved in their place.
   */
  #stays(rows: readonly T[], indices: readonly number[]): number {
    const index = indices.findLast((one) => this.#drawn.has(rows[one]?.key ?? ""));
    const known = index === undefined ? undefined : this.#drawn.get(rows[index]?.key ?? "");
    return known === undefined || index === undefined
      ? this.#origin
      : this.#store.$getItemOffset(index) - known.top;
  }

  /** One row in its place; the same element as before where nothing about it changed. */
  #place(
    former: ReadonlyMap<string, Drawn>,
    row: T,
    index: number,
    draw: (row: T) => JSX.Element,
  ): JSX.Element {
    const inner = draw(row);
    const top = this.#store.$getItemOffset(index) - this.#origin;
    const known = former.get(row.key);
    const isThere = known !== undefined && Math.abs(known.top - top) < ROUNDED_PIXELS;
    const isSame = isThere && known.index === index && known.inner === inner;
    const drawn = isSame
      ? known
      : {
          index,
          top,
          inner,
          outer: (
            <Place key={row.key} index={index} top={top} rows={this}>
              {inner}
            </Place>
          ),
        };
    this.#drawn.set(row.key, drawn);
    return drawn.outer;
  }
}

function spanOf([from, to]: readonly [number, number]): Span {
  return { from, to };
}

/** As far as `end` at least; -1: as it is. */
function upTo({ from, to }: Span, end: number): Span {
  return { from, to: Math.max(to, end) };
}

function moved({ from, to }: Span, by: number): Span {
  return { from: from + by, to: to + by };
}

/** What is near, and the one that is kept, in order. */
function indicesOf({ from, to }: Span, kept: number, count: number): number[] {
  const near = Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);
  const all = kept < 0 || (kept >= from && kept <= to) ? near : [...near, kept];
  return all.filter((index) => index >= 0 && index < count).sort((one, other) => one - other);
}

interface PlaceProps {
  index: number;
  top: number;
  rows: Pick<Rows<Keyed>, "laid">;
  children: JSX.Element;
}

/** Where one row is; its height is measured there. */
class Place extends Component<PlaceProps> {
  readonly #box = createRef<HTMLDivElement>();
  #leave: (() => void) | undefined;

  override componentDidMount(): void {
    this.#observe();
  }

  override componentDidUpdate(former: Readonly<PlaceProps>): void {
    if (former.index === this.props.index) return;
    this.#leave?.();
    this.#observe();
  }

  override componentWillUnmount(): void {
    this.#leave?.();
  }

  #observe(): void {
    const { index, rows } = this.props;
    if (this.#box.current) this.#leave = rows.laid(this.#box.current, index);
  }

  override render({ top, children }: PlaceProps) {
    return (
      <div ref={this.#box as RefObject<HTMLDivElement>} class="place" style={{ top: `${top}px` }}>
        {children}
      </div>
    );
  }
}
