/** A room one is in: what it is, what is said there, who types, and where to write. */
import type { User } from "parley-sdk";
import { useMemo, useRef, useState } from "preact/hooks";
import { hushOf } from "../store/hush.ts";
import type { Shown } from "../store/message.ts";
import { roomName, typingWords } from "../store/names.ts";
import type { RoomState } from "../store/room.ts";
import { lastOwn } from "../store/sends.ts";
import type { State } from "../store/state.ts";
import { useActions } from "./actions.ts";
import { type Aim, SAY } from "./aim.ts";
import { Composer } from "./Composer.tsx";
import { DeleteDialog } from "./DeleteDialog.tsx";
import { EditsDialog } from "./EditsDialog.tsx";
import { EmojiPopup, type Picking } from "./EmojiPopup.tsx";
import { HushLine } from "./HushLine.tsx";
import { Icon } from "./Icon.tsx";
import { Link } from "./Link.tsx";
import { Members } from "./Members.tsx";
import { Messages } from "./Messages.tsx";
import { PinsDialog } from "./PinsDialog.tsx";
import { Profile, type Shown as Profiled } from "./Profile.tsx";
import { RoomSign } from "./RoomSign.tsx";

/** The room; a new one for each room. */
export function RoomView({ state, room }: { state: State; room: RoomState }) {
  const actions = useActions();
  const [showsMembers, setShowsMembers] = useState(false);
  const name = roomName(room.about);
  const { id, kind, topic, picture } = room.about;
  const field = useRef<HTMLTextAreaElement>(null);
  const [, look] = useState(0);
  const hush = hushOf(room, state.me.id, Date.now());
  const [aim, setAim] = useState<Aim>(SAY);
  const [picking, setPicking] = useState<Picking | null>(null);
  const [profile, setProfile] = useState<Profiled | null>(null);
  const [showsPins, setShowsPins] = useState(false);
  const [condemned, setCondemned] = useState<Shown | null>(null);
  const [edited, setEdited] = useState<Shown | null>(null);
  const handlers = useMemo(
    () => ({
      reply: (message: Shown) => setAim({ kind: "reply", message }),
      edit: (message: Shown) => setAim({ kind: "edit", message }),
      remove: setCondemned,
      edits: setEdited,
      profile: (user: string, anchor: HTMLElement) => setProfile({ user, anchor }),
      pickReaction: ({ seq }: Shown, anchor: HTMLElement) =>
        setPicking({ anchor, pick: (emoji) => void actions.talk.react(id, seq, emoji, true) }),
    }),
    [id],
  );
  const editLast = () => {
    const last = lastOwn(room.sends, room.log?.messages ?? [], state.me.id);
    if (last) handlers.edit(last);
  };
  return (
    <section class={showsMembers ? "room shows-members" : "room"} aria-labelledby="room-heading">
      <header class="room-header">
        <Link to={{ page: "home" }} class="back" label="All rooms">
          <Icon name="back" />
        </Link>
        {picture !== null && <RoomSign kind={kind} picture={picture} />}
        <div class="title">
          <h1 id="room-heading">
            <bdi>{name}</bdi>
          </h1>
          {topic !== "" && <bdi class="topic muted">{topic}</bdi>}
        </div>
        <button
          type="button"
          class="quiet icon toggle-members"
          aria-label={showsMembers ? "Hide members" : "Show members"}
          title={showsMembers ? "Hide members" : "Show members"}
          aria-expanded={showsMembers}
          aria-controls="members"
          onClick={() => setShowsMembers(!showsMembers)}
        >
          <Icon name="people" />
        </button>
        <button
          type="button"
          class="quiet icon"
          aria-label="Pinned messages"
          title="Pinned messages"
          onClick={() => setShowsPins(true)}
        >
          <Icon name="pin" />
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
        {hush && <HushLine key={hush.kind} hush={hush} onOver={() => look((turn) => turn + 1)} />}
        {(!hush || hush.kind === "slow") && (
          <Composer
            field={field}
            state={state}
            room={room}
            aim={aim}
            onDone={() => setAim(SAY)}
            onEditLast={editLast}
            onPickEmoji={setPicking}
          />
        )}
      </div>
      <Members
        room={room}
        users={state.users}
        presence={state.presence}
        onProfile={handlers.profile}
      />
      {profile && (
        <Profile shown={profile} state={state} room={room} onClose={() => setProfile(null)} />
      )}
      {picking && <EmojiPopup picking={picking} onClose={() => setPicking(null)} />}
      {showsPins && (
        <PinsDialog room={id} blocked={state.blocked} onClose={() => setShowsPins(false)} />
      )}
      {edited && <EditsDialog message={edited} room={id} onClose={() => setEdited(null)} />}
      {condemned && (
        <DeleteDialog message={condemned} room={id} onClose={() => setCondemned(null)} />
      )}
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
