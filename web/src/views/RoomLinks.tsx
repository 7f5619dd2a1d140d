/** The rooms one is in, each with what is unread there. */
import { badge, roomName } from "../store/names.ts";
import type { RoomState } from "../store/room.ts";
import { mentionCount } from "../store/unread.ts";
import { Link } from "./Link.tsx";

/** The list of links. */
export function RoomLinks({ rooms, open }: { rooms: readonly RoomState[]; open: string | null }) {
  return (
    <nav aria-label="Rooms" class="room-links">
      <ul>
        {rooms.map((room) => (
          <li key={room.about.id}>
            <RoomLink room={room} current={room.about.id === open} />
          </li>
        ))}
      </ul>
    </nav>
  );
}

function RoomLink({ room, current }: { room: RoomState; current: boolean }) {
  const name = roomName(room.about);
  const unread = badge(room);
  return (
    <Link
      to={{ page: "room", room: room.about.id }}
      label={unread > 0 ? `${name}, ${unread} unread` : name}
      current={current}
      class={`room-link ${room.about.kind}${unread > 0 ? " has-unread" : ""}`}
    >
      <bdi class="name">{name}</bdi>
      {unread > 0 && (
        <span class="count">
          <span class="unseen">, </span>
          <span class={mentionCount(room.unread) > 0 ? "badge mention" : "badge"}>
            {unread}
            <span class="unseen"> unread</span>
          </span>
        </span>
      )}
    </Link>
  );
}
