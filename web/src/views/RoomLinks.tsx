/** The rooms one is in, each with what is unread there. */
import type { Status } from "parley-sdk";
import { badge, roomName, type Section } from "../store/names.ts";
import type { RoomState } from "../store/room.ts";
import { mentionCount } from "../store/unread.ts";
import { Avatar } from "./Avatar.tsx";
import { Icon } from "./Icon.tsx";
import { Link } from "./Link.tsx";

interface RoomLinksProps {
  sections: readonly Section[];
  open: string | null;
  presence: ReadonlyMap<string, Status>;
}

/** The list of links, in its parts. */
export function RoomLinks({ sections, open, presence }: RoomLinksProps) {
  return (
    <nav aria-label="Rooms" class="room-links">
      {sections.map(({ title, rooms }) => (
        <section key={title} aria-label={title}>
          <h2>{title}</h2>
          <ul>
            {rooms.map((room) => (
              <li key={room.about.id}>
                <RoomLink room={room} current={room.about.id === open} presence={presence} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}

interface RoomLinkProps {
  room: RoomState;
  current: boolean;
  presence: ReadonlyMap<string, Status>;
}

function RoomLink({ room, current, presence }: RoomLinkProps) {
  const name = roomName(room.about);
  const unread = badge(room);
  const { muted } = room.about;
  return (
    <Link
      to={{ page: "room", room: room.about.id }}
      label={unread > 0 ? `${name}, ${unread} unread` : name}
      current={current}
      class={`room-link${unread > 0 ? " has-unread" : ""}${muted ? " muted" : ""}`}
    >
      <Sign room={room} name={name} presence={presence} />
      <bdi class="name">{name}</bdi>
      {muted && <Icon name="bell-off" />}
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

/** What kind of room it is; of one other person, whether they are here. */
function Sign({
  room,
  name,
  presence,
}: { room: RoomState; name: string } & Pick<RoomLinkProps, "presence">) {
  const { kind, peers } = room.about;
  const [peer] = peers;
  if (kind === "direct") {
    if (!peer || peers.length > 1) return <Icon name="people" />;
    return <Avatar id={peer.id} name={name} status={presence.get(peer.id) ?? "offline"} />;
  }
  return <Icon name={kind === "private" ? "lock" : "hash"} />;
}
