/** What happened in a room between two messages, in a line each; those who came or left, in one. */
import type { User } from "parley-sdk";
import { userName } from "../store/names.ts";
import type { Note } from "../store/notes.ts";
import { changeWords } from "../words.ts";
import { Link } from "./Link.tsx";

interface ToldProps {
  notes: readonly Note[];
  room: string;
  users: ReadonlyMap<string, User>;
}

/** The lines. */
export function ToldView({ notes, room, users }: ToldProps) {
  return (
    <div class="told">
      {gathered(notes).map((some) => (
        <p key={some[0]?.seq}>
          <Words notes={some} room={room} users={users} />
        </p>
      ))}
    </div>
  );
}

/** Notes that are told in one sentence: several people who did the same by themselves. */
export function gathered(notes: readonly Note[]): readonly (readonly Note[])[] {
  const groups: Note[][] = [];
  for (const note of notes) {
    const group = groups.at(-1);
    const first = group?.[0];
    if (group && first && isOwn(first) && isOwn(note) && first.type === note.type) group.push(note);
    else groups.push([note]);
  }
  return groups;
}

/** Whether somebody came or went by themselves; who made the room is told of alone. */
function isOwn(note: Note): boolean {
  if (note.type === "member.left") return note.user === note.by;
  return note.type === "member.joined" && note.user === note.by && note.role !== "owner";
}

const NAMED = 3;

function Words({ notes, room, users }: ToldProps) {
  const [note] = notes;
  if (!note) return null;
  const name = (id: string) => <bdi>{userName(users, id)}</bdi>;
  switch (note.type) {
    case "member.joined":
      if (note.user !== note.by)
        return (
          <>
            {name(note.by)} added {name(note.user)}
          </>
        );
      if (note.role === "owner") return <>{name(note.user)} created this room</>;
      return <>{several(notes, users)} joined</>;
    case "member.left":
      return <>{several(notes, users)} left</>;
    case "member.removed":
      return (
        <>
          {name(note.by)} removed {name(note.user)}
        </>
      );
    case "member.role":
      return (
        <>
          {name(note.by)} made {name(note.user)} {note.role === "owner" ? "an" : "a"} {note.role}
        </>
      );
    case "message.pinned":
      return (
        <>
          {name(note.by)} pinned <Link to={{ page: "room", room, at: note.target }}>a message</Link>
        </>
      );
    case "room.updated":
      return <Change note={note} by={name(note.by)} />;
  }
}

function Change({
  note,
  by,
}: {
  note: Extract<Note, { type: "room.updated" }>;
  by: preact.ComponentChild;
}) {
  if (note.name !== undefined) {
    return (
      <>
        {by} named the room <bdi>{note.name}</bdi>
      </>
    );
  }
  if (note.topic !== undefined && note.topic !== "") {
    return (
      <>
        {by} set the topic: <bdi>{note.topic}</bdi>
      </>
    );
  }
  return (
    <>
      {by} {changeWords(note)}
    </>
  );
}

/** The names of those it happened to, the first few in full. */
function several(notes: readonly Note[], users: ReadonlyMap<string, User>): string {
  const ids = [...new Set(notes.map((note) => ("user" in note ? note.user : note.by)))];
  const names = ids.slice(0, NAMED).map((id) => userName(users, id));
  const more = ids.length - names.length;
  if (more > 0) names.push(more === 1 ? "one more" : `${more} more`);
  return new Intl.ListFormat("en").format(names);
}
