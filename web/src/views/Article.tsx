/** One message. Its text is text: nothing in it is ever taken for markup. */
import { Component } from "preact";
import { sendRefusal } from "../words.ts";
import { useActions } from "./actions.ts";
import type { Line } from "./timeline.ts";

interface ArticleProps {
  line: Line;
  room: string;
  mine: boolean;
}

/** The message; drawn anew only when something about it changed. */
export class Article extends Component<ArticleProps> {
  override shouldComponentUpdate(next: Readonly<ArticleProps>): boolean {
    const { line, mine } = this.props;
    return (
      next.line.message !== line.message ||
      next.line.sending !== line.sending ||
      next.line.heads !== line.heads ||
      next.mine !== mine
    );
  }

  override render({ line, room, mine }: ArticleProps) {
    const { message, sending } = line;
    const classes = ["message", mine && "mine", line.heads && "heads", sending?.state];
    return (
      <article class={classes.filter(Boolean).join(" ")} data-key={line.key}>
        <div
          class="avatar"
          data-hue={hueOf(line.sender)}
          data-initial={initialOf(line.senderName)}
        />
        <header class={line.heads ? "" : "unseen"}>
          <bdi class="sender">{line.senderName}</bdi> <Moment at_ms={line.at_ms} />
        </header>
        {message?.deleted ? (
          <p class="text deleted">This message was deleted.</p>
        ) : (
          <p class="text" dir="auto">
            {line.text}
            {message?.edited_ms !== undefined && <span class="edited"> (edited)</span>}
          </p>
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
      </article>
    );
  }
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

function initialOf(name: string): string {
  return ([...name][0] ?? "?").toUpperCase();
}

function hueOf(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return sum % 8;
}
