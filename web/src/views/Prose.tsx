/** A message's text on the page: elements made one by one, and never markup that somebody wrote. */
import { type ComponentChildren, createContext } from "preact";
import { useContext } from "preact/hooks";
import { parseRoute } from "../route.ts";
import type { Inline } from "../text/inline.ts";
import { type Block, isEmojiOnly, markdown } from "../text/markdown.ts";
import { Named, useEmojis } from "./Emoji.tsx";
import { Link } from "./Link.tsx";

/** Whom a name after an @ means: `me`, or everybody; `user`: one who can be shown. */
export interface Meant {
  readonly me: boolean;
  readonly user: string | null;
}

/** What names mean in one message. `of`: null, nobody. `current`: the keyboard is there. */
export interface Meaning {
  readonly of: (name: string) => Meant | null;
  readonly show: (user: string, anchor: HTMLElement) => void;
  readonly current: boolean;
}

const Names = createContext<Meaning>({ of: () => null, show: () => {}, current: false });

interface ProseProps {
  text: string;
  means: Meaning;
  after?: ComponentChildren;
}

/** The text. `after`: what stands at the end of its last line. */
export function Prose({ text, means, after }: ProseProps) {
  const blocks = markdown(text);
  const { named } = useEmojis();
  const last = blocks.at(-1);
  const alone = last?.type === "text";
  return (
    <Names.Provider value={means}>
      <div class={isEmojiOnly(text, (name) => named.has(name)) ? "text jumbo" : "text"}>
        {blocks.map((block, at) => (
          <Part key={at} block={block} after={alone && block === last ? after : null} />
        ))}
        {!alone && after && <p>{after}</p>}
      </div>
    </Names.Provider>
  );
}

function Part({ block, after }: { block: Block; after?: ComponentChildren }) {
  switch (block.type) {
    case "text":
      return (
        <p dir="auto">
          <Line pieces={block.children} />
          {after}
        </p>
      );
    case "pre":
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
        <pre dir="ltr" tabIndex={0}>
          <code>{block.text}</code>
        </pre>
      );
    case "quote":
      return (
        <blockquote dir="auto">
          {block.children.map((one, at) => (
            <Part key={at} block={one} />
          ))}
        </blockquote>
      );
    case "list": {
      const items = block.items.map(({ children, within }, at) => (
        <li key={at} dir="auto">
          <Line pieces={children} />
          {within.map((one, place) => (
            <Part key={place} block={one} />
          ))}
        </li>
      ));
      return block.start === null ? <ul>{items}</ul> : <ol start={block.start}>{items}</ol>;
    }
  }
}

function Line({ pieces }: { pieces: readonly Inline[] }) {
  return (
    <>
      {pieces.map((piece, at) => (
        <Piece key={at} piece={piece} />
      ))}
    </>
  );
}

function Piece({ piece }: { piece: Inline }) {
  switch (piece.type) {
    case "text":
      return <>{piece.text}</>;
    case "code":
      return <code dir="ltr">{piece.text}</code>;
    case "bold":
      return (
        <strong>
          <Line pieces={piece.children} />
        </strong>
      );
    case "italic":
      return (
        <em>
          <Line pieces={piece.children} />
        </em>
      );
    case "strike":
      return (
        <s>
          <Line pieces={piece.children} />
        </s>
      );
    case "link":
      return <Address href={piece.href} text={piece.text} />;
    case "mention":
      return <Mention name={piece.name} />;
    case "emoji":
      return <Named name={piece.name} />;
  }
}

/** A link; one to a place in this very application is followed without leaving it. */
function Address({ href, text }: { href: string; text: string }) {
  const url = new URL(href);
  if (url.origin === location.origin) {
    const route = parseRoute(url.pathname, url.search);
    if (route.page === "room") return <Link to={route}>{text}</Link>;
  }
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow" title={href}>
      {text}
    </a>
  );
}

function Mention({ name }: { name: string }) {
  const { of, show, current } = useContext(Names);
  const meant = of(name);
  if (meant === null) return <>@{name}</>;
  const look = meant.me ? "mention me" : "mention";
  const { user } = meant;
  if (user === null) return <span class={look}>@{name}</span>;
  return (
    <button
      type="button"
      class={look}
      aria-haspopup="dialog"
      tabIndex={current ? 0 : -1}
      onClick={(event) => show(user, event.currentTarget)}
    >
      @{name}
    </button>
  );
}
