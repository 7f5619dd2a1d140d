/** Who is in a room as what, and what those who may can do about it; also how others come in. */
import type { Member, Role, User } from "parley-sdk";
import { useEffect, useState } from "preact/hooks";
import type { RoomState } from "../store/room.ts";
import { Avatar } from "./Avatar.tsx";
import { useActions } from "./actions.ts";
import { Confirm } from "./Confirm.tsx";
import { PeopleField } from "./PeopleField.tsx";

const RANK: Readonly<Record<Role, number>> = { owner: 2, moderator: 1, member: 0 };
const ROLES: readonly Role[] = ["owner", "moderator", "member"];

/** The list, page by page. */
export function RoomMembers({ room, me }: { room: RoomState; me: string }) {
  const actions = useActions();
  const [members, setMembers] = useState<readonly Member[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const { id, role } = room.about;
  const ask = async (cursor: string | null) => {
    const page = await actions.affairs.members(id, cursor);
    if (!page) return;
    setMembers((former) => (cursor === null ? page.items : [...(former ?? []), ...page.items]));
    setNext(page.next);
  };
  useEffect(() => void ask(null), [id, room.about.members]);
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
      {next !== null && (
        <button type="button" onClick={() => void ask(next)}>
          Show more
        </button>
      )}
    </div>
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
        <Confirm
          ask="Remove"
          warning={`${user.display_name} will be put out of this room.`}
          sure="Remove"
          quiet
          onSure={() => actions.affairs.remove(id, user.id)}
        />
      )}
    </li>
  );
}
