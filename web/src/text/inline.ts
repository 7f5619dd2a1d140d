/**
 * What stands within a line, as a tree: emphasis, code, links, mentions, names of emoji. Pure; no
 * markup is made.
 */

/** A piece of a line. Texts are texts: whoever shows them makes nothing else of them. */
export type Inline =
  | { readonly type: "text" | "code"; readonly text: string }
  | { readonly type: "bold" | "italic" | "strike"; readonly children: readonly Inline[] }
  | { readonly type: "link"; readonly href: string; readonly text: string }
  | { readonly type: "mention" | "emoji"; readonly name: string };

/** Emphasis within emphasis at most; deeper marks are text. */
const DEPTH = 8;
const MARKS = { "**": "bold", "*": "italic", _: "italic", "~~": "strike" } as const;
type Mark = keyof typeof MARKS;

const PROTOCOLS: ReadonlySet<string> = new Set(["http:", "https:", "mailto:"]);
const CODE = /`+/y;
const MARK = /\*\*|\*|_|~~/y;
const LOW = /_+/y;
const NAMED = /\[([^[\]\n]{1,500})\]\(((?:https?:\/\/|mailto:)[^\s()<>\ufdd0-\ufdef]{1,2000})\)/iy;
const BARE = /https?:\/\/[^\s<>"`]{1,2000}/iy;
const NAME = /@([\p{L}\p{N}_.\ufdd0-\ufdef-]{1,68})/uy;
const WORD = /[\p{L}\p{N}_]/u;
const NONCHARACTER = /[\ufdd0-\ufdef]/;
const NONCHARACTERS = /[\ufdd0-\ufdef]/g;
const EMOJI = /:([a-z0-9_\ufdd0-\ufdef]{2,36}):/y;
/** What stands before a colon that begins no emoji's name, as in 12:30:15. */
const BEFORE_COLON = /[A-Za-z0-9]/;

interface Frame {
  readonly mark: Mark | null;
  readonly children: Inline[];
}

/**
 * Read one or more lines, in time linear in their length. A noncharacter of Unicode, which no text
 * means anything by, is kept and stands in nothing's way: whoever marks places of a text by them
 * gets the same words as without (but a link whose address has one is shown with that address).
 */
export function inline(text: string): readonly Inline[] {
  return new Reading(text).read();
}

class Reading {
  readonly #text: string;
  readonly #frames: Frame[] = [{ mark: null, children: [] }];
  #at = 0;
  #plain = "";

  constructor(text: string) {
    this.#text = text;
  }

  read(): readonly Inline[] {
    while (this.#at < this.#text.length) this.#step();
    while (this.#frames.length > 1) this.#open();
    this.#flush();
    return this.#top.children;
  }

  get #top(): Frame {
    return this.#frames.at(-1) as Frame;
  }

  #step(): void {
    switch (this.#text[this.#at]) {
      case "\\":
        this.#escape();
        break;
      case "`":
        if (!this.#code()) this.#take(1);
        break;
      case "*":
      case "_":
      case "~":
        if (!this.#emphasis()) this.#take(1);
        break;
      case "[":
        if (!this.#named()) this.#take(1);
        break;
      case "h":
      case "H":
        if (!this.#bare()) this.#take(1);
        break;
      case "@":
        if (!this.#mention()) this.#take(1);
        break;
      case ":":
        if (!this.#emoji()) this.#take(1);
        break;
      default:
        this.#take(1);
    }
  }

  /** A mark after a backslash is itself; before `_` it stays: `¯\_(ツ)_/¯` loses no arm. */
  #escape(): void {
    const next = this.#text[this.#at + 1] ?? "";
    if (next === "_") this.#take(2);
    else if ("*`~[@:\\".includes(next) && next !== "") {
      this.#at += 1;
      this.#take(1);
    } else this.#take(1);
  }

  #code(): boolean {
    const [ticks = ""] = this.#match(CODE) ?? [];
    const begin = this.#at + ticks.length;
    let end = this.#text.indexOf(ticks, begin);
    // As many ticks as began it, no more.
    while (end >= 0 && this.#text[end + ticks.length] === "`") {
      let beyond = end;
      while (this.#text[beyond] === "`") beyond += 1;
      end = this.#text.indexOf(ticks, beyond);
    }
    if (end <= begin) {
      this.#take(ticks.length);
      return true;
    }
    this.#push({ type: "code", text: this.#text.slice(begin, end) });
    this.#at = end + ticks.length;
    return true;
  }

  #emphasis(): boolean {
    // Several lines under nothing are none of the marks, as in __init__.
    const [low = ""] = this.#match(LOW) ?? [];
    if (low.length > 1) {
      this.#take(low.length);
      return true;
    }
    const mark = this.#mark();
    if (mark === null) return false;
    const before = this.#letter(this.#at - 1, -1);
    const after = this.#letter(this.#at + mark.length, 1);
    const within = mark === "_" && WORD.test(before) && WORD.test(after);
    const from = this.#frames.findLastIndex((frame) => frame.mark === mark);
    if (from > 0 && !/\s/.test(before) && !within && this.#holds(from)) {
      while (this.#frames.length - 1 > from) this.#open();
      this.#flush();
      const { children } = this.#frames.pop() as Frame;
      this.#at += mark.length;
      this.#push({ type: MARKS[mark], children });
      return true;
    }
    const opens = !/\s/.test(after) && !(mark === "_" && WORD.test(before));
    if (from > 0 || !opens || this.#frames.length > DEPTH) {
      this.#take(mark.length);
      return true;
    }
    this.#flush();
    this.#frames.push({ mark, children: [] });
    this.#at += mark.length;
    return true;
  }

  /** The first letter from a place on, forwards or backwards; a space where the text is at its end. */
  #letter(place: number, by: 1 | -1): string {
    let at = place;
    while (NONCHARACTER.test(this.#text[at] ?? "")) at += by;
    return this.#text[at] ?? " ";
  }

  /** The mark that stands here; of three stars, the one that closes what was begun last. */
  #mark(): Mark | null {
    const mark = this.#match(MARK)?.[0] as Mark | undefined;
    if (mark === "**" && this.#top.mark === "*" && this.#text.startsWith("***", this.#at)) {
      return "*";
    }
    return mark ?? null;
  }

  /** Whether there is anything between a mark and here. */
  #holds(from: number): boolean {
    return (
      this.#plain !== "" || this.#frames.slice(from).some(({ children }) => children.length > 0)
    );
  }

  #named(): boolean {
    const [whole, text, href] = this.#match(NAMED) ?? [];
    if (whole === undefined || text === undefined || !href || !isSafe(href)) return false;
    this.#push({ type: "link", href, text });
    this.#at += whole.length;
    return true;
  }

  #bare(): boolean {
    if (WORD.test(this.#text[this.#at - 1] ?? " ")) return false;
    const found = this.#match(BARE)?.[0];
    const text = found === undefined ? "" : untrailed(found);
    const href = text.replace(NONCHARACTERS, "");
    if (!isSafe(href)) return false;
    this.#push({ type: "link", href, text });
    this.#at += text.length;
    return true;
  }

  #mention(): boolean {
    if (WORD.test(this.#text[this.#at - 1] ?? " ")) return false;
    const name = this.#match(NAME)?.[1]?.replace(/[.-]+$/, "");
    if (!name) return false;
    this.#push({ type: "mention", name });
    this.#at += 1 + name.length;
    return true;
  }

  #emoji(): boolean {
    if (BEFORE_COLON.test(this.#text[this.#at - 1] ?? " ")) return false;
    const [whole, name] = this.#match(EMOJI) ?? [];
    if (whole === undefined || name === undefined) return false;
    this.#push({ type: "emoji", name });
    this.#at += whole.length;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text);
  }

  #take(count: number): void {
    this.#plain += this.#text.slice(this.#at, this.#at + count);
    this.#at += count;
  }

  #push(piece: Inline): void {
    this.#flush();
    this.#top.children.push(piece);
  }

  #flush(): void {
    if (this.#plain !== "") this.#top.children.push({ type: "text", text: this.#plain });
    this.#plain = "";
  }

  /** A mark that nothing closed was text after all. */
  #open(): void {
    this.#flush();
    const { mark, children } = this.#frames.pop() as Frame;
    this.#top.children.push({ type: "text", text: mark ?? "" }, ...children);
  }
}

/** Whether a link leads where a link may: to the web or to a letter, never to a script. */
function isSafe(href: string): boolean {
  try {
    return PROTOCOLS.has(new URL(href).protocol);
  } catch {
    return false;
  }
}

/** An address in running text without what belongs to the sentence around it. */
function untrailed(found: string): string {
  let href = found;
  for (;;) {
    const last = href.at(-1) ?? "";
    const unmatched = last === ")" && count(href, ")") > count(href, "(");
    if (!unmatched && !".,;:!?'*_~]".includes(last)) return href;
    if (last === "") return href;
    href = href.slice(0, -1);
  }
}

function count(text: string, letter: string): number {
  return text.split(letter).length - 1;
}
