/** One's rooms, the ways to more of them, and oneself. */
import type { OwnStatus } from "parley-sdk";
import { useRef } from "preact/hooks";
import { type Section, sections } from "../store/names.ts";
import type { State } from "../store/state.ts";
import { Avatar } from "./Avatar.tsx";
import { useActions } from "./actions.ts";
import { CreateRoom } from "./CreateRoom.tsx";
import { Icon } from "./Icon.tsx";
import { COMMAND } from "./Keyboard.tsx";
import { RoomLinks } from "./RoomLinks.tsx";
import { Says } from "./Says.tsx";

/** The column at the side. */
export function Sidebar({ state, status }: { state: State; status: OwnStatus }) {
  const actions = useActions();
  const list = useRef<readonly Section[]>([]);
  list.current = sections(state.rooms, list.current);
  return (
    <section class="sidebar" aria-label="Rooms and yourself">
      <div class="ways">
        <button type="button" class="jump" onClick={() => actions.show({ dialog: "switcher" })}>
          <span>Jump to…</span>
          <kbd>{COMMAND} K</kbd>
        </button>
        <button
          type="button"
          class="icon"
          aria-label="Write to people"
          title="Write to people"
          onClick={() => actions.show({ dialog: "write" })}
        >
          <Icon name="pencil" />
        </button>
        <button
          type="button"
          class="icon"
          aria-label="Search"
          title="Search messages"
          onClick={() => actions.go({ page: "search", search: { q: "" } })}
        >
          <Icon name="search" />
        </button>
      </div>
      <RoomLinks sections={list.current} open={state.open} presence={state.presence} />
      {state.greeted && state.rooms.size === 0 && (
        <p class="muted no-rooms">You are in no room yet. Make one, or look at the public ones.</p>
      )}
      <div class="more-rooms">
        <CreateRoom />
        <button type="button" class="wide" onClick={() => actions.go({ page: "browse" })}>
          Browse rooms
        </button>
      </div>
      <Self state={state} status={status} />
    </section>
  );
}

function Self({ state: { me, presence }, status }: { state: State; status: OwnStatus }) {
  const actions = useActions();
  const shown = status === "invisible" ? "offline" : status;
  return (
    <footer class="self">
      <Avatar id={me.id} name={me.display_name} status={shown} />
      <div class="who">
        <bdi class="name">{me.display_name}</bdi>
        <Says says={presence.get(me.id)?.custom_status} />
        <label>
          <span class="unseen">Status</span>
          <select
            aria-label="Status"
            value={status}
            onChange={(event) => actions.setStatus(event.currentTarget.value as OwnStatus)}
          >
            <option value="online">Online</option>
            <option value="idle">Idle</option>
            <option value="dnd">Do not disturb</option>
            <option value="invisible">Invisible</option>
          </select>
        </label>
      </div>
      <button
        type="button"
        class="quiet icon"
        aria-label="Settings"
        title="Settings"
        onClick={() => actions.show({ dialog: "settings", page: "profile" })}
      >
        <Icon name="gear" />
      </button>
      <button
        type="button"
        class="quiet icon"
        aria-label="Sign out"
        title="Sign out"
        onClick={() => void actions.signOut()}
      >
        <Icon name="out" />
      </button>
    </footer>
  );
}
