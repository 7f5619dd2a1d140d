/** One row of the log: a message with what stands above it, or where the room begins. */
import { roomName } from "../store/names.ts";
import type { RoomState } from "../store/room.ts";
import type { State } from "../store/state.ts";
import { Article, type ArticleHandlers } from "./Article.tsx";
import { quoteOf } from "./quote.ts";
import { dayName, type Row } from "./timeline.ts";

/** What can be asked for in a row. */
export type RowHandlers = ArticleHandlers;

interface RowProps {
  row: Row;
  room: RoomState;
  state: State;
  current: boolean;
  sought: boolean;
  handlers: RowHandlers;
}

/** The row. */
export function RowView({ row, room, state, current, sought, handlers }: RowProps) {
  if (row.kind === "beginning") return <Beginning room={room} />;
  const { message, sending } = row;
  const mentions = (message?.mentions ?? []).map((id) => state.users.get(id)?.username ?? "");
  return (
    <>
      {row.day && <Day at_ms={row.at_ms} />}
      {row.fresh && (
        <p class="unread-line">
          <span>New</span>
        </p>
      )}
      <Article
        line={row}
        room={room.about.id}
        mine={row.sender === state.me.id}
        me={state.me.username}
        mentions={mentions.join(" ")}
        quote={quoteOf(room, message?.reply_to ?? sending?.reply_to ?? null)}
        current={current}
        sought={sought}
        handlers={handlers}
      />
    </>
  );
}

function Beginning({ room }: { room: RoomState }) {
  const { kind, topic } = room.about;
  const isEmpty = (room.log?.messages.length ?? 0) === 0;
  return (
    <div class="beginning">
      <h2>
        <bdi>{roomName(room.about)}</bdi>
      </h2>
      {topic !== "" && (
        <p>
          <bdi>{topic}</bdi>
        </p>
      )}
      <p class="muted">
        {kind === "direct" ? "This is between you alone. " : "This is the beginning of the room. "}
        {isEmpty && "Nothing was said here yet. Say hello!"}
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
