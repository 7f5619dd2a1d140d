/** The public rooms, to be found by name and joined. */
import type { Room } from "parley-sdk";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import { roomName } from "../store/names.ts";
import { useActions } from "./actions.ts";
import { Icon } from "./Icon.tsx";
import { Link } from "./Link.tsx";
import { RoomSign } from "./RoomSign.tsx";
import { ReachProvider, Waiting } from "./Waiting.tsx";

const PAUSE_MS = 250;

/** The list; `mine` are the rooms that one is in already. */
export function Browse({ mine }: { mine: ReadonlyMap<string, unknown> }) {
  const actions = useActions();
  const [beginning, setBeginning] = useState("");
  const [rooms, setRooms] = useState<readonly Room[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);
  const reached = useContext(ReachProvider);
  const asked = useRef(0);

  const ask = async (cursor: string | null) => {
    const turn = ++asked.current;
    setFailed(false);
    const page = await actions.publicRooms(beginning.trim(), cursor);
    if (turn !== asked.current) return;
    setFailed(page === null);
    if (!page) return;
    setRooms((former) => (cursor === null ? page.rooms : [...(former ?? []), ...page.rooms]));
    setNext(page.next);
  };

  useEffect(() => {
    const timer = setTimeout(() => void ask(null), beginning === "" ? 0 : PAUSE_MS);
    return () => clearTimeout(timer);
  }, [beginning]);
  useEffect(() => {
    if (reached && failed) void ask(null);
  }, [reached]);

  return (
    <section class="browse" aria-labelledby="browse-heading">
      <header class="room-header">
        <Link to={{ page: "home" }} class="back" label="All rooms">
          <Icon name="back" />
        </Link>
        <h1 id="browse-heading">Public rooms</h1>
      </header>
      <div class="scroll">
        <label class="field">
          <span>Find a room</span>
          <input
            type="search"
            maxLength={80}
            autocomplete="off"
            value={beginning}
            placeholder="The beginning of its name"
            onInput={(event) => setBeginning(event.currentTarget.value)}
          />
        </label>
        {rooms === null && <Waiting failed={failed} again={() => void ask(null)} />}
        {rooms?.length === 0 && (
          <p class="muted">
            {beginning === ""
              ? "There are no public rooms yet."
              : "No public room begins like that."}
          </p>
        )}
        <ul class="public-rooms" aria-label="Public rooms">
          {rooms?.map((room) => (
            <PublicRoom key={room.id} room={room} joined={mine.has(room.id)} />
          ))}
        </ul>
        {next !== null && (
          <button type="button" onClick={() => void ask(next)}>
            Show more
          </button>
        )}
      </div>
    </section>
  );
}

function PublicRoom({ room, joined }: { room: Room; joined: boolean }) {
  const actions = useActions();
  const name = roomName(room);
  return (
    <li aria-label={name}>
      <RoomSign kind={room.kind} picture={room.picture} />
      <div class="about">
        <bdi class="name">{name}</bdi>
        {room.topic !== "" && <bdi class="topic muted">{room.topic}</bdi>}
        <span class="muted">{room.members === 1 ? "1 member" : `${room.members} members`}</span>
      </div>
      {joined ? (
        <Link to={{ page: "room", room: room.id }} class="button">
          Open
        </Link>
      ) : (
        <button type="button" class="primary" onClick={() => void actions.join(room.id)}>
          Join
        </button>
      )}
    </li>
  );
}
