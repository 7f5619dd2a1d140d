/** A room one is in: what it is, what is said there, who types, and where to write. */
import type { User } from "parley-sdk";
import { useState } from "preact/hooks";
import { roomName, typingWords } from "../store/names.ts";
import type { RoomState } from "../store/room.ts";
import type { State } from "../store/state.ts";
import { useActions } from "./actions.ts";
import { Composer } from "./Composer.tsx";
import { Link } from "./Link.tsx";
import { Members } from "./Members.tsx";
import { Messages } from "./Messages.tsx";

/** The room; a new one for each room. */
export function RoomView({ state, room }: { state: State; room: RoomState }) {
  const [showsMembers, setShowsMembers] = useState(false);
  const name = roomName(room.about);
  const { id, topic } = room.about;
  return (
    <section class={showsMembers ? "room shows-members" : "room"} aria-labelledby="room-heading">
      <header class="room-header">
        <Link to={{ page: "home" }} class="back">
          All rooms
        </Link>
        <div class="title">
          <h1 id="room-heading">
            <bdi>{name}</bdi>
          </h1>
          {topic !== "" && <bdi class="topic muted">{topic}</bdi>}
        </div>
        {room.about.kind !== "direct" && <Leave room={room} />}
        <button
          type="button"
          class="toggle-members"
          aria-expanded={showsMembers}
          aria-controls="members"
          onClick={() => setShowsMembers(!showsMembers)}
        >
          {showsMembers ? "Hide members" : "Show members"}
        </button>
      </header>
      <div class="conversation">
        <Messages room={room} me={state.me} />
        <TypingLine room={room} users={state.users} />
        <Composer room={id} name={name} bytes={state.textBytes} />
      </div>
      <Members room={room} users={state.users} presence={state.presence} />
    </section>
  );
}

function TypingLine({ room, users }: { room: RoomState; users: ReadonlyMap<string, User> }) {
  return (
    <div role="status" aria-label="Typing" class="typing">
      {typingWords(room, users)}
    </div>
  );
}

function Leave({ room }: { room: RoomState }) {
  const actions = useActions();
  const [asking, setAsking] = useState(false);
  const { id, kind } = room.about;
  if (!asking) {
    // A private room does not let one in again by oneself.
    const leave = () => (kind === "private" ? setAsking(true) : void actions.leave(id));
    return (
      <button type="button" class="quiet leave" onClick={leave}>
        Leave room
      </button>
    );
  }
  return (
    <div class="leave row">
      <span class="muted">Only a member can let you in again.</span>
      <button type="button" class="danger" onClick={() => void actions.leave(id)}>
        Leave for good
      </button>
      <button type="button" onClick={() => setAsking(false)}>
        Stay
      </button>
    </div>
  );
}
