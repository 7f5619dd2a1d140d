/** Where an invite link leads: to which room, by whom, and the way in. */
import type { RoomInvitation } from "parley-sdk";
import { useEffect, useState } from "preact/hooks";
import type { State } from "../store/state.ts";
import { useActions } from "./actions.ts";
import { Link } from "./Link.tsx";

/** What there is to say of it; whoever is in the room already goes straight there. */
export function Invited({ code, state }: { code: string; state: State }) {
  const actions = useActions();
  const [invitation, setInvitation] = useState<RoomInvitation | "none" | "failed" | null>(null);
  useEffect(() => {
    // Not before it is known that one is still signed in.
    if (!state.greeted) return;
    void actions.affairs.invitation(code).then((found) => setInvitation(found ?? "failed"));
  }, [code, state.greeted]);
  const entered =
    invitation !== null && typeof invitation === "object" && state.rooms.has(invitation.room.id);
  useEffect(() => {
    if (entered) actions.go({ page: "room", room: invitation.room.id });
  }, [entered]);
  if (invitation === null) {
    return (
      <section class="empty">
        <p class="muted">Looking at the invite…</p>
      </section>
    );
  }
  if (invitation === "none") {
    return (
      <section class="empty">
        <h1>This invite is not good any more</h1>
        <p class="muted">It has run out, was used up or taken back. Ask for another one.</p>
        <Link to={{ page: "home" }} class="button">
          To my rooms
        </Link>
      </section>
    );
  }
  if (invitation === "failed") {
    return (
      <section class="empty">
        <h1>The invite could not be looked at</h1>
        <button type="button" class="primary" onClick={() => location.reload()}>
          Try again
        </button>
      </section>
    );
  }
  const { room, by } = invitation;
  return (
    <section class="empty">
      <p class="muted">
        <bdi>{by.display_name}</bdi> invites you to
      </p>
      <h1>
        <bdi>{room.name ?? "a room"}</bdi>
      </h1>
      {room.topic !== "" && <bdi class="muted">{room.topic}</bdi>}
      <p class="muted">{room.members === 1 ? "1 member" : `${room.members} members`}</p>
      <div class="row">
        <button
          type="button"
          class="primary"
          onClick={async () => {
            const joined = await actions.affairs.accept(code);
            if (joined !== null) actions.go({ page: "room", room: joined });
          }}
        >
          Join
        </button>
        <Link to={{ page: "home" }} class="button">
          To my rooms
        </Link>
      </div>
    </section>
  );
}
