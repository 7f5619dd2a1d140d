/** A message's text on the page: elements made one by one, and never markup that somebody wrote. */
import { type ComponentChildren, createContext } from "preact";
import { useContext } from "preact/hooks";
import { parseRoute } from "../route.ts";
import type { Inline } from "../text/inline.ts";
import { type Block, isEmojiOnly, markdown } from "../text/markdown.ts";
import { Link } from "./Link.tsx";

/** Whom a name after an @ means in this message: oneself, somebody else, or nobody. */
export type Meaning = (name: string) => "me" | "other" | null;

const Names = createContext<Meaning>(() => null);

/** The text. `after`: what stands at the end of its last line. */
export function Prose({
  text,
  means,
  after,
}: {
  text: string;
  means: Meaning;
  after?: ComponentChildren;
}) {
  const blocks = markdown(text);
  const last = blocks.at(-1);
  const alone = last?.type === "text";
  return (
    <Names.Provider value={means}>
      <div class={isEmojiOnly(text) ? "text jumbo" : "text"}>
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
      const items = block.items.map((pieces, at) => (
        <li key={at} dir="auto">
          <Line pieces={pieces} />
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
  const meant = useContext(Names)(name);
  if (meant === null) return <>@{name}</>;
  return <span class={meant === "me" ? "mention me" : "mention"}>@{name}</span>;
}
