/** Who is in a room and who of them is here; those who may can add somebody. */
import {
  type CustomStatus,
  LIMITS,
  type Presence,
  type Role,
  type RoomPresence,
  type Status,
  type User,
} from "parley-sdk";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { byName, userName } from "../store/names.ts";
import type { RoomState } from "../store/room.ts";
import { LISTED } from "../store/roster.ts";
import { Avatar } from "./Avatar.tsx";
import { useActions } from "./actions.ts";
import { STATUS_WORDS } from "./Profile.tsx";
import { Says } from "./Says.tsx";
import { useOnScreen } from "./useOnScreen.ts";

const ORDER: readonly Status[] = ["online", "dnd", "idle", "offline"];

interface MembersProps {
  room: RoomState;
  users: ReadonlyMap<string, User>;
  presence: ReadonlyMap<string, Presence>;
  /** Somebody wants to know who one of them is. */
  onProfile: (user: string, anchor: HTMLElement) => void;
}

/** The list, those who are here first, and the form. */
export function Members({ room, users, presence, onProfile }: MembersProps) {
  // Of a large room only those on the screen are watched: it is in the order of their names.
  const isLarge = room.about.members > LIMITS.PRESENCE_MEMBERS;
  const members = useMemo(() => {
    const rank = ({ status }: { status: Status }) => (isLarge ? 0 : ORDER.indexOf(status));
    return [...(room.roster?.members ?? [])]
      .map(([id, role]) => ({
        id,
        role,
        name: userName(users, id),
        status: presence.get(id)?.status ?? "offline",
        says: presence.get(id)?.custom_status,
      }))
      .sort(
        (a, b) => rank(a) - rank(b) || byName.compare(a.name, b.name) || (a.id < b.id ? -1 : 1),
      );
  }, [room.roster?.members, users, presence, isLarge]);
  const list = useRef<HTMLUListElement>(null);
  const { talk } = useActions();
  const ids = isLarge ? members.map(({ id }) => id).join() : null;
  useOnScreen(list, ids, (seen) => talk.onScreen(seen));
  const count = useCount(isLarge ? room.about.id : null);
  const hidden = room.about.members - members.length;
  return (
    <aside class="members" id="members" aria-labelledby="members-heading">
      <h2 id="members-heading">
        Members <span class="muted">{room.about.members}</span>
      </h2>
      {count && (
        <p class="muted here">
          {count.online} of {count.members} here
        </p>
      )}
      <ul aria-label="Members" ref={list}>
        {members.map((member) => (
          <MemberItem key={member.id} {...member} onProfile={onProfile} />
        ))}
      </ul>
      {members.length >= LISTED && hidden > 0 && <p class="muted">and {hidden} more</p>}
      {mayAdd(room) && <AddPerson key={room.about.id} room={room.about.id} />}
      {room.about.kind !== "direct" && <Leave room={room} />}
    </aside>
  );
}

interface ItemProps {
  id: string;
  name: string;
  role: Role;
  status: Status;
  says: CustomStatus | undefined;
  onProfile: MembersProps["onProfile"];
}

const COUNT_MS = 30_000;

/** How many of a large room are here, asked now and then; null: that is not known, or no matter. */
function useCount(room: string | null): RoomPresence | null {
  const { talk } = useActions();
  const [count, setCount] = useState<RoomPresence | null>(null);
  useEffect(() => {
    setCount(null);
    if (room === null) return;
    let over = false;
    const ask = () => void talk.here(room).then((found) => over || setCount(found));
    ask();
    const timer = setInterval(ask, COUNT_MS);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, [room]);
  return count;
}

function MemberItem({ id, name, role, status, says, onProfile }: ItemProps) {
  return (
    <li aria-label={`${name}, ${STATUS_WORDS[status]}`} class={`member ${status}`} data-id={id}>
      <button
        type="button"
        class="quiet"
        aria-haspopup="dialog"
        onClick={(event) => onProfile(id, event.currentTarget)}
      >
        <Avatar id={id} name={name} status={status} />
        <span class="who">
          {/* Of its own: Chromium 156 may keep what depends on the class of the row. */}
          <bdi class={`name ${status}`}>{name}</bdi>
          <span class="unseen">, </span>
          <span class="status">
            {STATUS_WORDS[status]}
            {role !== "member" && ` · ${role}`}
          </span>
          <Says says={says} />
        </span>
      </button>
    </li>
  );
}

function AddPerson({ room }: { room: string }) {
  const actions = useActions();
  const field = useRef<HTMLInputElement>(null);
  const [hint, setHint] = useState("");
  const busy = useRef(false);

  const add = async () => {
    if (!field.current || busy.current) return;
    const name = field.current.value.trim();
    if (name === "") {
      setHint("Who is it? Type their username.");
      field.current.focus();
      return;
    }
    busy.current = true;
    const done = await actions.addPerson(room, name);
    busy.current = false;
    if (done && field.current) field.current.value = "";
  };

  return (
    <form
      class="add-person"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <label class="field">
        <span>Add person</span>
        <input
          ref={field}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          placeholder="Username"
          aria-describedby="add-person-hint"
          onInput={() => setHint("")}
        />
      </label>
      <button type="submit">Add</button>
      {hint !== "" && (
        <p id="add-person-hint" class="hint" role="alert">
          {hint}
        </p>
      )}
    </form>
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
      <p class="muted">Only a member can let you in again.</p>
      <button type="button" class="danger" onClick={() => void actions.leave(id)}>
        Leave for good
      </button>
      <button type="button" onClick={() => setAsking(false)}>
        Stay
      </button>
    </div>
  );
}

function mayAdd(room: RoomState): boolean {
  const { kind, role } = room.about;
  return kind !== "direct" && (role === "owner" || role === "moderator");
}
