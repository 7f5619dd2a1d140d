/** A room one is in: what it is, what is said there, who types, and where to write. */
import type { User } from "parley-sdk";
import { useMemo, useRef, useState } from "preact/hooks";
import { roomName, typingWords } from "../store/names.ts";
import type { RoomState } from "../store/room.ts";
import type { State } from "../store/state.ts";
import { useActions } from "./actions.ts";
import { type Aim, SAY } from "./aim.ts";
import { Composer } from "./Composer.tsx";
import { Icon } from "./Icon.tsx";
import { Link } from "./Link.tsx";
import { Members } from "./Members.tsx";
import { Messages } from "./Messages.tsx";
import type { Line } from "./timeline.ts";

/** The room; a new one for each room. */
export function RoomView({ state, room }: { state: State; room: RoomState }) {
  const actions = useActions();
  const [showsMembers, setShowsMembers] = useState(false);
  const name = roomName(room.about);
  const { id, topic } = room.about;
  const field = useRef<HTMLTextAreaElement>(null);
  const [aim, setAim] = useState<Aim>(SAY);
  const handlers = useMemo(
    () => ({
      reply: ({ message }: Line) => {
        if (message) setAim({ kind: "reply", message });
        field.current?.focus();
      },
    }),
    [],
  );
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
        <button
          type="button"
          class="toggle-members"
          aria-expanded={showsMembers}
          aria-controls="members"
          onClick={() => setShowsMembers(!showsMembers)}
        >
          {showsMembers ? "Hide members" : "Show members"}
        </button>
        <button
          type="button"
          class="quiet icon"
          aria-label="Room settings"
          title="Room settings"
          onClick={() => actions.show({ dialog: "room", room: id, page: "about" })}
        >
          <Icon name="gear" />
        </button>
      </header>
      <div class="conversation">
        <Messages
          state={state}
          room={room}
          handlers={handlers}
          onLeave={() => field.current?.focus()}
        />
        <TypingLine room={room} users={state.users} />
        <Composer
          field={field}
          room={id}
          name={name}
          bytes={state.textBytes}
          aim={aim}
          onDone={() => setAim(SAY)}
        />
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
