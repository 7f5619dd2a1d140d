/** Who somebody is, in a card beside their name: names, role, whether they are here, a way to them. */
import type { Presence, Role, Status } from "parley-sdk";
import { useEffect, useState } from "preact/hooks";
import type { RoomState } from "../store/room.ts";
import type { State } from "../store/state.ts";
import { Avatar } from "./Avatar.tsx";
import { useActions } from "./actions.ts";
import { Popup } from "./Popup.tsx";
import { Says } from "./Says.tsx";

/** What a status is called. */
export const STATUS_WORDS: Readonly<Record<Status, string>> = {
  online: "online",
  idle: "idle",
  dnd: "do not disturb",
  offline: "offline",
};

/** Whose card, and beside what. */
export interface Shown {
  readonly user: string;
  readonly anchor: HTMLElement;
}

interface ProfileProps {
  shown: Shown;
  state: State;
  room: RoomState;
  onClose: () => void;
}

/** The card. */
export function Profile({ shown: { user: id, anchor }, state, room, onClose }: ProfileProps) {
  const actions = useActions();
  const [asked, setAsked] = useState<Presence | null>(null);
  useEffect(() => void actions.talk.presence(id).then(setAsked), [id]);
  const user = state.users.get(id);
  if (!user) return null;
  const role = room.roster?.members.get(id);
  const blocks = state.blocked.has(id);
  const presence = state.presence.get(id) ?? asked;
  const status = presence?.status ?? "offline";
  const write = async () => {
    onClose();
    const direct = await actions.affairs.direct([id]);
    if (direct !== null) actions.go({ page: "room", room: direct });
  };
  return (
    <Popup anchor={anchor} label={`About ${user.display_name}`} onClose={onClose}>
      <div class="profile">
        <Avatar id={id} name={user.display_name} status={status} />
        <h2>
          <bdi>{user.display_name}</bdi>
        </h2>
        <p class="muted">@{user.username}</p>
        <p>
          {roleWords(role)}
          {statusWords(status, presence)}
        </p>
        <Says says={presence?.custom_status} />
        {id !== state.me.id && room.about.kind !== "direct" && (
          <button type="button" class="primary" autofocus onClick={() => void write()}>
            Send a message
          </button>
        )}
        {id !== state.me.id && (
          <button
            type="button"
            onClick={() =>
              void (blocks ? actions.account.unblock(id) : actions.account.block(user))
            }
          >
            {blocks ? "Unblock" : "Block"}
          </button>
        )}
        {blocks && <p class="muted">You have blocked them: what they say is folded.</p>}
      </div>
    </Popup>
  );
}

function roleWords(role: Role | undefined): string {
  if (role === "owner") return "Owner of this room · ";
  return role === "moderator" ? "Moderator of this room · " : "";
}

function statusWords(status: Status, presence: Presence | null): string {
  const seen_ms = presence?.last_seen_ms;
  if (status !== "offline" || seen_ms == null) return STATUS_WORDS[status];
  const when = new Date(seen_ms).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  return `last seen ${when}`;
}
