/** The quick way to a room or a person: a few letters, the arrow keys, Enter. */
import type { User } from "parley-sdk";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Candidate } from "../store/finding.ts";
import { found } from "../store/finding.ts";
import { badge, roomName } from "../store/names.ts";
import type { State } from "../store/state.ts";
import { Avatar } from "./Avatar.tsx";
import { useActions } from "./actions.ts";
import { Dialog } from "./Dialog.tsx";
import { RoomSign } from "./RoomSign.tsx";

/** Hits shown at once. */
const SHOWN = 12;
const PAUSE_MS = 150;

interface Hit extends Candidate {
  readonly name: string;
  readonly kind: "public" | "private" | "direct" | "person";
  readonly about: string;
  /** Whose initials it has. */
  readonly face: string;
  /** A room's picture. */
  readonly picture: string | null;
}

/** The dialog: a field and what it finds. */
export function Switcher({ state }: { state: State }) {
  const actions = useActions();
  const [letters, setLetters] = useState("");
  const [chosen, setChosen] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const people = useFound(letters);
  const hits = found(letters, [...roomHits(state), ...peopleHits(state, people)], SHOWN);
  const at = Math.min(chosen, hits.length - 1);

  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: "nearest" });
  }, [at]);

  const go = async (hit: Hit | undefined) => {
    if (!hit) return;
    actions.show(null);
    const room = hit.kind === "person" ? await actions.affairs.direct([hit.id]) : hit.id;
    if (room !== null) actions.go({ page: "room", room });
  };

  return (
    <Dialog title="Jump to" bare class="switcher" onClose={() => actions.show(null)}>
      <input
        type="text"
        role="combobox"
        aria-label="Room or person"
        aria-expanded="true"
        aria-controls="switcher-hits"
        aria-activedescendant={hits[at] ? `hit-${at}` : undefined}
        aria-autocomplete="list"
        autocomplete="off"
        spellcheck={false}
        autofocus
        dir="auto"
        placeholder="Jump to a room or a person"
        value={letters}
        onInput={(event) => {
          setLetters(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={(event) => {
          if (event.isComposing) return;
          if (event.key === "ArrowDown") setChosen(Math.min(at + 1, hits.length - 1));
          else if (event.key === "ArrowUp") setChosen(Math.max(at - 1, 0));
          else if (event.key === "Enter") void go(hits[at]);
          else return;
          event.preventDefault();
        }}
      />
      <div ref={list} id="switcher-hits" role="listbox" aria-label="Rooms and people">
        {hits.map((hit, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above takes the keys
          <div
            key={`${hit.kind} ${hit.id}`}
            id={`hit-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            onMouseMove={() => index !== at && setChosen(index)}
            onClick={() => void go(hit)}
          >
            <Face hit={hit} />
            <bdi class="name">{hit.name}</bdi>
            <bdi class="muted">{hit.about}</bdi>
          </div>
        ))}
      </div>
      {hits.length === 0 && <p class="muted nothing">Nobody and nothing is called that.</p>}
    </Dialog>
  );
}

function Face({ hit }: { hit: Hit }) {
  if (hit.kind === "person" || hit.kind === "direct")
    return <Avatar id={hit.face} name={hit.name} />;
  return <RoomSign kind={hit.kind} picture={hit.picture} />;
}

/** People of that name, asked for when the typing pauses. */
function useFound(letters: string): readonly User[] {
  const actions = useActions();
  const [people, setPeople] = useState<readonly User[]>([]);
  useEffect(() => {
    const wanted = letters.trim().replace(/^@/, "");
    if (wanted === "") return;
    let over = false;
    const timer = setTimeout(async () => {
      const answer = await actions.affairs.people(wanted);
      if (answer && !over) setPeople(answer);
    }, PAUSE_MS);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [letters]);
  return people;
}

function roomHits(state: State): Hit[] {
  return [...state.rooms.values()].map((room) => {
    const { id, kind, topic, picture, peers } = room.about;
    const name = roomName(room.about);
    const unread = badge(room);
    const recent = state.opened.indexOf(id) + 1;
    return {
      id,
      kind,
      name,
      names: [name, ...peers.map(({ username }) => username)],
      about: unread > 0 ? `${unread} unread` : topic,
      // As in the list of rooms: of a person, theirs.
      face: (peers.length === 1 ? peers[0]?.id : undefined) ?? id,
      picture,
      weight: (unread > 0 ? 100 : 0) + (id === state.open ? -1 : recent) + 1,
    };
  });
}

/** Those one has no room with yet; with them it is found by their name already. */
function peopleHits(state: State, people: readonly User[]): Hit[] {
  const rooms = [...state.rooms.values()].filter(({ about }) => about.kind === "direct");
  const known = new Set(
    rooms.flatMap(({ about }) => (about.peers.length === 1 ? [about.peers[0]?.id] : [])),
  );
  return people
    .filter(({ id }) => !known.has(id))
    .map((user) => ({
      id: user.id,
      kind: "person",
      name: user.display_name,
      names: [user.display_name, user.username],
      about: `@${user.username}`,
      face: user.id,
      picture: null,
      weight: 0,
    }));
}
