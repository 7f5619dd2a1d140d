/** One's rooms, the ways to more of them, and oneself. */
import type { OwnStatus } from "parley-sdk";
import { roomsInOrder } from "../store/names.ts";
import type { State } from "../store/state.ts";
import { useActions } from "./actions.ts";
import { CreateRoom } from "./CreateRoom.tsx";
import { RoomLinks } from "./RoomLinks.tsx";

/** The column at the side. */
export function Sidebar({ state, status }: { state: State; status: OwnStatus }) {
  const actions = useActions();
  return (
    <div class="sidebar">
      <RoomLinks rooms={roomsInOrder(state)} open={state.open} />
      {state.greeted && state.rooms.size === 0 && (
        <p class="muted no-rooms">You are in no room yet. Make one, or look at the public ones.</p>
      )}
      <div class="more-rooms">
        <button type="button" class="wide" onClick={() => actions.go({ page: "browse" })}>
          Browse rooms
        </button>
        <CreateRoom />
      </div>
      <footer class="self">
        <bdi class="name">{state.me.display_name}</bdi>
        <label>
          <span class="unseen">Status</span>
          <select
            aria-label="Status"
            value={status}
            onChange={(event) => actions.setStatus(event.currentTarget.value as OwnStatus)}
          >
            <option value="online">Online</option>
            <option value="dnd">Do not disturb</option>
            <option value="invisible">Invisible</option>
          </select>
        </label>
        <button type="button" class="quiet" onClick={() => void actions.signOut()}>
          Sign out
        </button>
      </footer>
    </div>
  );
}
