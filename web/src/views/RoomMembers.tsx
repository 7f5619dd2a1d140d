/** Who is in a room as what, and what those who may can do about it; also how others come in. */
import type { Member, Role, User } from "parley-sdk";
import { useRef, useState } from "preact/hooks";
import type { RoomState } from "../store/room.ts";
import { Avatar } from "./Avatar.tsx";
import { useActions } from "./actions.ts";
import { PeopleField } from "./PeopleField.tsx";
import { usePages } from "./usePages.ts";

const RANK: Readonly<Record<Role, number>> = { owner: 2, moderator: 1, member: 0 };
const ROLES: readonly Role[] = ["owner", "moderator", "member"];

/** The list, page by page. */
export function RoomMembers({ room, me }: { room: RoomState; me: string }) {
  const actions = useActions();
  const { id, role } = room.about;
  const pages = usePages<Member>(
    (cursor) => actions.affairs.members(id, cursor),
    `${id} ${room.about.members}`,
  );
  const members = pages.items;
  const mayAdd = role === "owner" || role === "moderator";
  const known = new Set(members?.map(({ user }) => user.id));
  return (
    <div class="form">
      {mayAdd && (
        <PeopleField
          label="Add people"
          placeholder="Name or username"
          without={known}
          onChosen={(user: User) => actions.affairs.add(id, user.id)}
        />
      )}
      <ul class="people" aria-label="Room members">
        {members?.map((member) => (
          <MemberRow
            key={member.user.id}
            member={member}
            room={room}
            mine={member.user.id === me}
          />
        ))}
      </ul>
      {pages.more && (
        <button type="button" onClick={pages.more}>
          Show more
        </button>
      )}
    </div>
  );
}

/** How long somebody is muted or banned, in ms; null: for good. */
const SPANS: readonly (readonly [string, number | null])[] = [
  ["10 minutes", 600_000],
  ["1 hour", 3_600_000],
  ["1 day", 86_400_000],
  ["1 week", 604_800_000],
  ["until it is lifted", null],
];

function Manage({ room, user }: { room: string; user: User }) {
  const { affairs, moderation } = useActions();
  const [span, setSpan] = useState(0);
  const [said, setSaid] = useState("");
  const reason = useRef<HTMLInputElement>(null);
  const until = () => {
    const ms = SPANS[span]?.[1] ?? null;
    return ms === null ? null : Date.now() + ms;
  };
  const why = () => reason.current?.value.trim() ?? "";
  return (
    <fieldset class="manage" aria-label={`Manage ${user.display_name}`}>
      <label class="field">
        <span>For how long</span>
        <select value={span} onChange={(event) => setSpan(Number(event.currentTarget.value))}>
          {SPANS.map(([words], index) => (
            <option key={words} value={index}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Reason (moderators see it, and so does whoever is banned)</span>
        <input ref={reason} maxLength={200} autocomplete="off" dir="auto" />
      </label>
      <div class="row">
        <button
          type="button"
          onClick={async () => {
            setSaid((await moderation.mute(room, user.id, until(), why())) ? "Muted." : "");
          }}
        >
          Mute
        </button>
        <button type="button" onClick={() => void affairs.remove(room, user.id)}>
          Remove
        </button>
        <button
          type="button"
          class="danger"
          onClick={() => void moderation.ban(room, user.id, until(), why())}
        >
          Remove and ban
        </button>
        <span role="status" class="muted">
          {said}
        </span>
      </div>
    </fieldset>
  );
}

interface MemberRowProps {
  member: Member;
  room: RoomState;
  mine: boolean;
}

function MemberRow({ member: { user, role: first }, room, mine }: MemberRowProps) {
  const actions = useActions();
  const [role, setRole] = useState(first);
  const [managing, setManaging] = useState(false);
  const { id, role: own } = room.about;
  const mayRemove = !mine && own !== null && own !== "member" && RANK[own] > RANK[role];
  return (
    <li aria-label={user.display_name}>
      <Avatar id={user.id} name={user.display_name} />
      <div class="who">
        <bdi class="name">{user.display_name}</bdi>
        <bdi class="muted">@{user.username}</bdi>
      </div>
      {own === "owner" ? (
        <select
          aria-label={`Role of ${user.display_name}`}
          value={role}
          onChange={async (event) => {
            const wanted = event.currentTarget.value as Role;
            const former = role;
            setRole(wanted);
            if (!(await actions.affairs.setRole(id, user.id, wanted))) setRole(former);
          }}
        >
          {ROLES.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      ) : (
        <span class="muted">{role}</span>
      )}
      {mayRemove && (
        <button
          type="button"
          class="quiet"
          aria-expanded={managing}
          aria-label={`Manage ${user.display_name}`}
          onClick={() => setManaging(!managing)}
        >
          Manage
        </button>
      )}
      {mayRemove && managing && <Manage room={id} user={user} />}
    </li>
  );
}
