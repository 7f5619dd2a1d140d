/** One row of the log: a message with what stands above it, or where the room begins. */
import type { User } from "parley-sdk";
import { roomName, userName } from "../store/names.ts";
import type { RoomState } from "../store/room.ts";
import type { State } from "../store/state.ts";
import { Article, type ArticleHandlers } from "./Article.tsx";
import { Avatar } from "./Avatar.tsx";
import { BLOCKED, quoteOf } from "./quote.ts";
import { ToldView } from "./ToldView.tsx";
import { dayName, type Line, type Row } from "./timeline.ts";

/** What can be asked for in a row. */
export type RowHandlers = ArticleHandlers;

/** What a row is made of. */
export interface RowProps {
  row: Row;
  room: RoomState;
  state: State;
  current: boolean;
  sought: boolean;
  /** What somebody said whom one blocks is shown all the same. */
  unfolded: boolean;
  onUnfold: (key: string) => void;
  /** Those who have read up to here. */
  seenBy: readonly string[];
  handlers: RowHandlers;
}

/** Whether something changed that a row is made of. */
export function isOther(former: Readonly<RowProps>, next: Readonly<RowProps>): boolean {
  return (
    !isSameRow(next.row, former.row) ||
    next.current !== former.current ||
    next.sought !== former.sought ||
    next.unfolded !== former.unfolded ||
    next.seenBy.join() !== former.seenBy.join() ||
    next.handlers !== former.handlers ||
    next.state.me !== former.state.me ||
    next.state.users !== former.state.users ||
    next.state.blocked !== former.state.blocked ||
    moderates(next.room) !== moderates(former.room) ||
    (looksAround(next.row) && next.room !== former.room)
  );
}

/** The row; whoever draws it gives the same element again while nothing of it is other. */
export function RowView({ row, room, state, ...props }: RowProps) {
  if (row.kind === "beginning") return <Beginning room={room} />;
  if (row.kind === "told") {
    return (
      <>
        {row.day && <Day at_ms={row.at_ms} />}
        <ToldView notes={row.notes} room={room.about.id} users={state.users} />
      </>
    );
  }
  return <LineView {...props} row={row} room={room} state={state} />;
}
/** A message, with the day or what is new that begins with it. */
function LineView(props: RowProps & { row: Line }) {
  const { row, room, state, current, sought, seenBy, handlers } = props;
  const { message, sending } = row;
  const mentions = (message?.mentions ?? []).flatMap((id) => {
    const user = state.users.get(id);
    return user ? [`${user.username}=${id}`] : [];
  });
  return (
    <>
      {row.day && <Day at_ms={row.at_ms} />}
      {row.fresh && (
        <p class="unread-line">
          <span>New</span>
        </p>
      )}
      {state.blocked.has(row.sender) && !props.unfolded ? (
        <Folded line={row} current={current} onShow={() => props.onUnfold(row.key)} />
      ) : (
        <Article
          line={row}
          room={room.about.id}
          mine={row.sender === state.me.id}
          moderates={moderates(room)}
          me={state.me.username}
          mentions={mentions.join(" ")}
          quote={quoteOf(room, message ?? sending, state.blocked)}
          current={current}
          sought={sought}
          handlers={handlers}
        />
      )}
      {seenBy.length > 0 && <SeenBy ids={seenBy} users={state.users} />}
    </>
  );
}

/** Whether two rows are of the same; the list of rows is made anew with every message. */
function isSameRow(one: Row, other: Row): boolean {
  if (one.kind !== "message" || other.kind !== "message") return one === other;
  return (
    one.message === other.message &&
    one.sending === other.sending &&
    one.heads === other.heads &&
    one.day === other.day &&
    one.fresh === other.fresh
  );
}

/**
 * Whether a row shows more than itself: the message it answers, what the room is, or a day, which
 * is called otherwise once the next one has begun.
 */
function looksAround(row: Row): boolean {
  if (row.kind !== "message" || row.day) return true;
  return (row.message ?? row.sending)?.reply_to != null;
}

interface FoldedProps {
  line: Line;
  current: boolean;
  onShow: () => void;
}

/** In place of a message: who it is of is not said before it is asked for. */
function Folded({ line, current, onShow }: FoldedProps) {
  return (
    <article class="message folded" data-key={line.key} tabIndex={-1}>
      <p class="text">
        {BLOCKED}{" "}
        <button type="button" class="quiet" tabIndex={current ? 0 : -1} onClick={onShow}>
          Show
        </button>
      </p>
    </article>
  );
}

const FACES = 6;

function SeenBy({ ids, users }: { ids: readonly string[]; users: ReadonlyMap<string, User> }) {
  const names = ids.map((id) => userName(users, id));
  const words = `Seen by ${new Intl.ListFormat("en").format(names)}`;
  return (
    <p class="seen-by" title={words}>
      <span class="unseen">{words}</span>
      {ids.slice(0, FACES).map((id, at) => (
        <Avatar key={id} id={id} name={names[at] ?? ""} />
      ))}
      {ids.length > FACES && <span aria-hidden="true">+{ids.length - FACES}</span>}
    </p>
  );
}

/** Whether one may do to what others said what is due; in a direct room all are equals. */
function moderates({ about }: RoomState): boolean {
  return about.kind !== "direct" && (about.role === "owner" || about.role === "moderator");
}

function Beginning({ room }: { room: RoomState }) {
  const { kind, topic } = room.about;
  const isEmpty = (room.log?.messages.length ?? 0) === 0;
  return (
    <div class="beginning">
      {/* No heading: the room has one already, above its log. */}
      <p class="name">
        <bdi>{roomName(room.about)}</bdi>
      </p>
      {topic !== "" && (
        <p>
          <bdi>{topic}</bdi>
        </p>
      )}
      <p class="muted">
        {kind === "direct" ? "This is between you alone. " : "This is the beginning of the room. "}
        {isEmpty && "Nothing has been said here yet. Say hello!"}
      </p>
    </div>
  );
}

function Day({ at_ms }: { at_ms: number }) {
  return (
    <p class="day">
      <span>{dayName(at_ms, Date.now())}</span>
    </p>
  );
}
