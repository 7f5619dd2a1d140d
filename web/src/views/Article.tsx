/** One message. Its text is text: nothing in it is ever taken for markup. */
import { Component } from "preact";
import { pathOf } from "../route.ts";
import type { Shown } from "../store/message.ts";
import { sendRefusal } from "../words.ts";
import { Attachments } from "./Attachments.tsx";
import { Avatar } from "./Avatar.tsx";
import { type Actions, ActionsProvider, useActions } from "./actions.ts";
import { momentWords, timeWords } from "./clock.ts";
import { Icon } from "./Icon.tsx";
import { Link } from "./Link.tsx";
import { Previews } from "./Previews.tsx";
import { type Meant, Prose } from "./Prose.tsx";
import { isSame, type Quote } from "./quote.ts";
import { Reactions } from "./Reactions.tsx";
import { type Tool, Toolbar } from "./Toolbar.tsx";
import type { Line } from "./timeline.ts";

/** What can be asked for of a message. */
export interface ArticleHandlers {
  reply(message: Shown): void;
  edit(message: Shown): void;
  remove(message: Shown): void;
  /** Show what a message said before. */
  edits(message: Shown): void;
  /** Choose an emoji for a message; `anchor`: where. */
  pickReaction(message: Shown, anchor: HTMLElement): void;
  /** Show who somebody is. */
  profile(user: string, anchor: HTMLElement): void;
}

interface ArticleProps {
  line: Line;
  room: string;
  mine: boolean;
  /** One may delete what others said, and pin. */
  moderates: boolean;
  /** One's own username. */
  me: string;
  /** Those it mentions, parted by spaces: each a username, "=" and the id. */
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
  static override contextType = ActionsProvider;

  override shouldComponentUpdate(next: Readonly<ArticleProps>): boolean {
    const { line, mine, moderates, mentions, current, sought, quote } = this.props;
    return (
      next.line.message !== line.message ||
      next.line.sending !== line.sending ||
      next.line.heads !== line.heads ||
      next.mine !== mine ||
      next.moderates !== moderates ||
      next.mentions !== mentions ||
      next.current !== current ||
      next.sought !== sought ||
      !isSame(next.quote, quote)
    );
  }

  override render(props: ArticleProps) {
    const { line, room, mine, me, mentions, quote, current, sought, handlers } = props;
    const { message, sending } = line;
    const people = peopleOf(mentions);
    const files = message?.attachments ?? sending?.attachments ?? [];
    const all = message?.everyone === true;
    const named = (name: string): Meant | null => {
      const known = name.toLowerCase();
      if (all && (known === "room" || known === "here")) return { me: true, user: null };
      const user = people.get(known);
      return user === undefined ? null : { me: known === me, user };
    };
    const calls = !mine && (all || people.has(me));
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
        <header class={line.heads ? "" : "unseen"}>
          <Sender {...this.props} /> <Moment at_ms={line.at_ms} />
          {message?.pinned && (
            <span class="pinned-mark">
              <Icon name="pin" /> pinned
            </span>
          )}
        </header>
        {message?.deleted ? (
          <p class="text deleted">This message was deleted.</p>
        ) : line.text === "" && files.length > 0 ? null : (
          <Prose
            text={line.text}
            means={{ of: named, show: handlers.profile, current }}
            after={
              message?.edited_ms !== undefined && (
                <Edited {...this.props} message={message} at_ms={message.edited_ms} />
              )
            }
          />
        )}
        {files.length > 0 && <Attachments files={files} current={current} />}
        {message?.previews && <Previews previews={message.previews} current={current} />}
        {message && message.reactions.length > 0 && (
          <Reactions message={message} room={room} current={current} />
        )}
        {sending && <Progress line={line} room={room} />}
        {message && !message.deleted && (
          <Toolbar
            tools={() => tools(message, this.props, this.context as Actions)}
            current={current}
          />
        )}
      </article>
    );
  }
}

/** The id of each who is mentioned, by username. */
function peopleOf(mentions: string): ReadonlyMap<string, string> {
  const pairs = mentions.split(" ").filter((one) => one !== "");
  return new Map(
    pairs.map((one) => {
      const end = one.indexOf("=");
      return [one.slice(0, end), one.slice(end + 1)];
    }),
  );
}

/** What may be done to a message by whoever looks at it. */
function tools(
  message: Shown,
  { room, mine, moderates, handlers }: ArticleProps,
  { talk }: Actions,
): Tool[] {
  const { seq } = message;
  const isPinned = message.pinned === true;
  const all: readonly (Tool | false)[] = [
    {
      name: "Add reaction",
      icon: "smile",
      key: "+",
      act: (button: HTMLElement) => handlers.pickReaction(message, button),
    },
    { name: "Reply", icon: "reply", key: "r", act: () => handlers.reply(message) },
    !mine && {
      name: "Mark unread from here",
      icon: "unread",
      key: "u",
      act: () => void talk.unreadFrom(room, seq),
    },
    mine && { name: "Edit", icon: "pencil", key: "e", act: () => handlers.edit(message) },
    moderates && {
      name: isPinned ? "Unpin" : "Pin",
      icon: "pin",
      act: () => void talk.pin(room, seq, !isPinned),
    },
    // Browsers keep it from pages served over plain HTTP.
    navigator.clipboard !== undefined && {
      name: "Copy link",
      icon: "link",
      act: () =>
        navigator.clipboard
          .writeText(location.origin + pathOf({ page: "room", room, at: seq }))
          .then(
            () => "Link copied",
            () => "The browser does not let this page copy",
          ),
    },
    (mine || moderates) && { name: "Delete", icon: "trash", act: () => handlers.remove(message) },
  ];
  return all.filter((tool): tool is Tool => tool !== false);
}

interface EditedProps extends ArticleProps {
  message: Shown;
  at_ms: number;
}

/** That it was worded anew; to whoever keeps order, how it was worded before. */
function Edited({ message, at_ms, moderates, current, handlers }: EditedProps) {
  const title = momentWords(new Date(at_ms));
  return (
    <span class="edited" title={title}>
      {" "}
      {moderates ? (
        <button
          type="button"
          aria-haspopup="dialog"
          tabIndex={current ? 0 : -1}
          onClick={() => handlers.edits(message)}
        >
          (edited)
        </button>
      ) : (
        "(edited)"
      )}
    </span>
  );
}

/** Who said it; at the head of a group a way to who that is. */
function Sender({ line: { heads, sender, senderName }, current, handlers }: ArticleProps) {
  if (!heads) return <bdi class="sender">{senderName}</bdi>;
  return (
    <button
      type="button"
      class="sender"
      aria-haspopup="dialog"
      tabIndex={current ? 0 : -1}
      onClick={(event) => handlers.profile(sender, event.currentTarget)}
    >
      <Avatar id={sender} name={senderName} />
      <bdi>{senderName}</bdi>
    </button>
  );
}

/** What it answers, in a line that leads there. */
function QuoteLine({ quote, room }: { quote: Quote; room: string }) {
  const { seq, sender, text, deleted } = quote;
  return (
    <Link to={{ page: "room", room, at: seq }} class="quote">
      {sender !== null && <bdi>{sender}</bdi>}{" "}
      <span dir="auto">{deleted ? <em>This message was deleted.</em> : quoted(text)}</span>
    </Link>
  );
}

function quoted(text: string | null): string {
  if (text === null) return "An earlier message";
  return text === "" ? "A file" : text;
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
    <time dateTime={at.toISOString()} title={momentWords(at)}>
      {timeWords(at)}
    </time>
  );
}
