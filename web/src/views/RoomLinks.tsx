/** The rooms one is in, each with what is unread there. */
import type { Presence, Status } from "parley-sdk";
import { Component } from "preact";
import { badge, roomName, type Section } from "../store/names.ts";
import type { RoomState } from "../store/room.ts";
import { mentionCount } from "../store/unread.ts";
import { Avatar } from "./Avatar.tsx";
import { Icon } from "./Icon.tsx";
import { Link } from "./Link.tsx";
import { RoomSign } from "./RoomSign.tsx";

interface RoomLinksProps {
  sections: readonly Section[];
  open: string | null;
  presence: ReadonlyMap<string, Presence>;
}

/** The list of links, in its parts. */
export class RoomLinks extends Component<RoomLinksProps> {
  override shouldComponentUpdate({ sections, open, presence }: Readonly<RoomLinksProps>): boolean {
    const former = this.props;
    return sections !== former.sections || open !== former.open || presence !== former.presence;
  }

  override render({ sections, open, presence }: RoomLinksProps) {
    return (
      <nav aria-label="Rooms" class="room-links">
        {sections.map(({ title, rooms }) => (
          <section key={title} aria-label={title}>
            <h2>{title}</h2>
            <ul>
              {rooms.map((room) => (
                <li key={room.about.id}>
                  <RoomLink
                    room={room}
                    current={room.about.id === open}
                    here={statusOf(room, presence)}
                  />
                </li>
              ))}
            </ul>
          </section>
        ))}
      </nav>
    );
  }
}

interface RoomLinkProps {
  room: RoomState;
  current: boolean;
  /** How the other person is, of a room with one; null: it is none. */
  here: Status | null;
}

/** One link; drawn anew only when something that it shows changed: there may be hundreds. */
class RoomLink extends Component<RoomLinkProps> {
  override shouldComponentUpdate({ room, current, here }: Readonly<RoomLinkProps>): boolean {
    const former = this.props;
    return (
      current !== former.current ||
      here !== former.here ||
      room.about.kind !== former.room.about.kind ||
      room.about.muted !== former.room.about.muted ||
      room.about.peers !== former.room.about.peers ||
      room.about.name !== former.room.about.name ||
      room.about.picture !== former.room.about.picture ||
      room.unread !== former.room.unread
    );
  }

  override render({ room, current, here }: RoomLinkProps) {
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
        <Sign room={room} name={name} here={here} />
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
}

/** How the other person of a room of two is. */
function statusOf(room: RoomState, presence: RoomLinksProps["presence"]): Status | null {
  const { kind, peers } = room.about;
  const [peer] = peers;
  if (kind !== "direct" || !peer || peers.length > 1) return null;
  return presence.get(peer.id)?.status ?? "offline";
}

interface SignProps {
  room: RoomState;
  name: string;
  here: Status | null;
}

/** What it is known by; of one other person, whether they are here. */
function Sign({ room, name, here }: SignProps) {
  const { kind, picture, peers } = room.about;
  const [peer] = peers;
  if (kind === "direct") {
    if (!peer || here === null) return <Icon name="people" />;
    return <Avatar id={peer.id} name={name} status={here} />;
  }
  return <RoomSign kind={kind} picture={picture} />;
}
