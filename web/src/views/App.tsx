/** The whole page: who is nobody signs in, who is somebody sees their rooms. */
import type { OwnStatus } from "parley-sdk";
import type { Route } from "../route.ts";
import type { Connection } from "../store/connection.ts";
import type { Notice } from "../store/notices.ts";
import type { State } from "../store/state.ts";
import { Browse } from "./Browse.tsx";
import { ConnectionLine } from "./ConnectionLine.tsx";
import { Link } from "./Link.tsx";
import { Notices } from "./Notices.tsx";
import { RoomView } from "./RoomView.tsx";
import { Sidebar } from "./Sidebar.tsx";
import { SignIn } from "./SignIn.tsx";
import { Stopped } from "./Stopped.tsx";
import { Visit } from "./Visit.tsx";

/** What there is to show. `status` is what one chose to be shown as. */
export type Shell =
  | { readonly phase: "restoring"; readonly connection: Connection }
  | { readonly phase: "signed out"; readonly notices: readonly Notice[] }
  | {
      readonly phase: "signed in";
      readonly state: State;
      readonly route: Route;
      readonly status: OwnStatus;
    };

/** The page. */
export function App({ shell }: { shell: Shell }) {
  switch (shell.phase) {
    case "restoring":
      return (
        <main class="restoring">
          <p class="wordmark">Parley</p>
          <ConnectionLine connection={shell.connection} />
        </main>
      );
    case "signed out":
      return <SignIn notices={shell.notices} />;
    case "signed in":
      return <Rooms {...shell} />;
  }
}

function Rooms({ state, route, status }: Extract<Shell, { phase: "signed in" }>) {
  const { connection } = state;
  return (
    <div class={`app at-${route.page} ${connection.phase === "live" ? "live" : "away"}`}>
      <header class="brand">
        <Link to={{ page: "home" }} class="wordmark">
          Parley
        </Link>
        <ConnectionLine connection={connection} />
      </header>
      <Sidebar state={state} status={status} />
      <main>
        {connection.phase === "stopped" && <Stopped reason={connection.reason} />}
        <Notices notices={state.notices} />
        <Place state={state} route={route} />
      </main>
    </div>
  );
}

function Place({ state, route }: { state: State; route: Route }) {
  switch (route.page) {
    case "browse":
      return <Browse mine={state.rooms} />;
    case "room": {
      const room = state.rooms.get(route.room);
      if (room) return <RoomView key={route.room} state={state} room={room} />;
      return <Visit visit={state.visit} />;
    }
    case "home":
      return (
        <section class="empty">
          <h1>Hello, {state.me.display_name}</h1>
          <p class="muted">
            {state.rooms.size > 0
              ? "Choose a room, make one, or look at the public ones."
              : "Make a room, or look at the public ones."}
          </p>
        </section>
      );
  }
}
