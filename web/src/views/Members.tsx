/** Who is in a room and who of them is here; those who may can add somebody. */
import type { Role, Status, User } from "parley-sdk";
import { useMemo, useRef, useState } from "preact/hooks";
import { byName, userName } from "../store/names.ts";
import type { RoomState } from "../store/room.ts";
import { LISTED } from "../store/roster.ts";
import { Avatar } from "./Avatar.tsx";
import { useActions } from "./actions.ts";
import { STATUS_WORDS } from "./Profile.tsx";

const ORDER: readonly Status[] = ["online", "dnd", "idle", "offline"];

interface MembersProps {
  room: RoomState;
  users: ReadonlyMap<string, User>;
  presence: ReadonlyMap<string, Status>;
  /** Somebody wants to know who one of them is. */
  onProfile: (user: string, anchor: HTMLElement) => void;
}

/** The list, those who are here first, and the form. */
export function Members({ room, users, presence, onProfile }: MembersProps) {
  const members = useMemo(
    () =>
      [...(room.roster?.members ?? [])]
        .map(([id, role]) => ({
          id,
          role,
          name: userName(users, id),
          status: presence.get(id) ?? "offline",
        }))
        .sort(
          (a, b) =>
            ORDER.indexOf(a.status) - ORDER.indexOf(b.status) ||
            byName.compare(a.name, b.name) ||
            (a.id < b.id ? -1 : 1),
        ),
    [room.roster?.members, users, presence],
  );
  const hidden = room.about.members - members.length;
  return (
    <aside class="members" id="members" aria-labelledby="members-heading">
      <h2 id="members-heading">
        Members <span class="muted">{room.about.members}</span>
      </h2>
      <ul aria-label="Members">
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
  onProfile: MembersProps["onProfile"];
}

function MemberItem({ id, name, role, status, onProfile }: ItemProps) {
  return (
    <li aria-label={`${name}, ${STATUS_WORDS[status]}`} class={`member ${status}`}>
      <button
        type="button"
        class="quiet"
        aria-haspopup="dialog"
        onClick={(event) => onProfile(id, event.currentTarget)}
      >
        <Avatar id={id} name={name} status={status} />
        <span class="who">
          <bdi class="name">{name}</bdi>
          <span class="unseen">, </span>
          <span class="status">
            {STATUS_WORDS[status]}
            {role !== "member" && ` · ${role}`}
          </span>
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
          placeholder="Their username"
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
