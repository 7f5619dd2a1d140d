/** One message. Its text is text: nothing in it is ever taken for markup. */
import { Component } from "preact";
import { sendRefusal } from "../words.ts";
import { Avatar } from "./Avatar.tsx";
import { useActions } from "./actions.ts";
import { Link } from "./Link.tsx";
import { Prose } from "./Prose.tsx";
import { isSame, type Quote } from "./quote.ts";
import { type Tool, Toolbar } from "./Toolbar.tsx";
import type { Line } from "./timeline.ts";

/** What can be asked for of a message. */
export interface ArticleHandlers {
  reply(line: Line): void;
}

interface ArticleProps {
  line: Line;
  room: string;
  mine: boolean;
  /** One's own username. */
  me: string;
  /** The usernames of those it mentions, parted by spaces. */
  mentions: string;
  quote: Quote | null;
  /** The keyboard is here, or was last. */
  current: boolean;
  /** Somebody came to see just this one. */
  sought: boolean;
  handlers: ArticleHandlers;
}

/** The message; drawn anew only when something about it changed. */
export class Article extends Component<ArticleProps> {
  override shouldComponentUpdate(next: Readonly<ArticleProps>): boolean {
    const { line, mine, mentions, current, sought, quote } = this.props;
    return (
      next.line.message !== line.message ||
      next.line.sending !== line.sending ||
      next.line.heads !== line.heads ||
      next.mine !== mine ||
      next.mentions !== mentions ||
      next.current !== current ||
      next.sought !== sought ||
      !isSame(next.quote, quote)
    );
  }

  override render(props: ArticleProps) {
    const { line, room, mine, me, mentions, quote, current, sought, handlers } = props;
    const { message, sending } = line;
    const names = mentions.split(" ");
    const all = message?.everyone === true;
    const means = (name: string) => {
      const known = name.toLowerCase();
      if (all && (known === "room" || known === "here")) return "me";
      if (!names.includes(known)) return null;
      return known === me ? "me" : "other";
    };
    const calls = !mine && (all || names.includes(me));
    const classes = [
      "message",
      mine && "mine",
      line.heads && "heads",
      calls && "calls",
      sought && "sought",
      sending?.state,
    ];
    return (
      <article class={classes.filter(Boolean).join(" ")} data-key={line.key} tabIndex={-1}>
        {quote && <QuoteLine quote={quote} room={room} />}
        {line.heads && <Avatar id={line.sender} name={line.senderName} />}
        <header class={line.heads ? "" : "unseen"}>
          <bdi class="sender">{line.senderName}</bdi> <Moment at_ms={line.at_ms} />
        </header>
        {message?.deleted ? (
          <p class="text deleted">This message was deleted.</p>
        ) : (
          <Prose
            text={line.text}
            means={means}
            after={
              message?.edited_ms !== undefined && (
                <span class="edited" title={new Date(message.edited_ms).toLocaleString()}>
                  {" "}
                  (edited)
                </span>
              )
            }
          />
        )}
        {message && message.attachments.length > 0 && (
          <p class="attached">
            {message.attachments.map((file) => (
              <bdi key={file.id}>{file.name}</bdi>
            ))}
          </p>
        )}
        {message && message.reactions.length > 0 && (
          <ul class="reactions" aria-label="Reactions">
            {message.reactions.map((one) => (
              <li key={one.emoji} class={one.me ? "mine" : ""}>
                {one.emoji} {one.count}
              </li>
            ))}
          </ul>
        )}
        {sending && <Progress line={line} room={room} />}
        {message && !message.deleted && <Toolbar tools={tools(line, handlers)} current={current} />}
      </article>
    );
  }
}

function tools(line: Line, handlers: ArticleHandlers): Tool[] {
  return [{ name: "Reply", icon: "reply", key: "r", act: () => handlers.reply(line) }];
}

/** What it answers, in a line that leads there. */
function QuoteLine({ quote, room }: { quote: Quote; room: string }) {
  const { seq, sender, text, deleted } = quote;
  return (
    <Link to={{ page: "room", room, at: seq }} class="quote">
      {sender !== null && <bdi>{sender}</bdi>}{" "}
      <span dir="auto">
        {deleted ? <em>This message was deleted.</em> : (text ?? "An earlier message")}
      </span>
    </Link>
  );
}

function Progress({ line, room }: { line: Line; room: string }) {
  const actions = useActions();
  const { sending } = line;
  if (!sending || sending.state === "sent") return null;
  if (sending.state === "sending") return <p class="progress muted">sending…</p>;
  return (
    <p class="progress failure">
      <span>Not sent: {sendRefusal(sending.code)}</span>
      <button type="button" onClick={() => actions.retry(room, sending.key)}>
        Retry
      </button>
      <button type="button" onClick={() => actions.discard(room, sending.key)}>
        Discard
      </button>
    </p>
  );
}

function Moment({ at_ms }: { at_ms: number }) {
  const at = new Date(at_ms);
  return (
    <time dateTime={at.toISOString()} title={at.toLocaleString()}>
      {at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}
    </time>
  );
}
