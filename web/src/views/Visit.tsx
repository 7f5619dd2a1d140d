/** A room one is not in: to be joined if it is public, and else there is none to speak of. */
import { roomName } from "../store/names.ts";
import type { Visit as Visited } from "../store/state.ts";
import { useActions } from "./actions.ts";
import { Link } from "./Link.tsx";
import { RoomSign } from "./RoomSign.tsx";

/** What there is to say of it. */
export function Visit({ visit }: { visit: Visited | null }) {
  const actions = useActions();
  if (!visit) {
    return (
      <section class="empty">
        <p class="muted">Looking for the room…</p>
      </section>
    );
  }
  if (visit.phase === "missing") {
    return (
      <section class="empty">
        <h1>No such room</h1>
        <p class="muted">There is no room here, or it is private and you are not in it.</p>
        <Link to={{ page: "home" }} class="button">
          To my rooms
        </Link>
      </section>
    );
  }
  const { room } = visit;
  return (
    <section class="empty">
      {room.picture !== null && <RoomSign kind={room.kind} picture={room.picture} />}
      <h1>
        <bdi>{roomName(room)}</bdi>
      </h1>
      {room.topic !== "" && <bdi class="muted">{room.topic}</bdi>}
      <p class="muted">
        You are not in this public room.{" "}
        {room.members === 1 ? "One person is." : `${room.members} people are.`}
      </p>
      <div class="row">
        <button type="button" class="primary" onClick={() => void actions.join(room.id)}>
          Join
        </button>
        <Link to={{ page: "home" }} class="button">
          To my rooms
        </Link>
      </div>
    </section>
  );
}
