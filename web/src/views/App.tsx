/** The whole page: who is nobody signs in, who is somebody sees their rooms. */
import type { OwnStatus } from "parley-sdk";
import type { DeviceSettings } from "../doing/device.ts";
import type { Overlay } from "../overlay.ts";
import type { Route } from "../route.ts";
import type { Connection } from "../store/connection.ts";
import { unsentCount } from "../store/names.ts";
import type { Notice } from "../store/notices.ts";
import type { State } from "../store/state.ts";
import { Browse } from "./Browse.tsx";
import { ConnectionLine } from "./ConnectionLine.tsx";
import { EmojisProvider } from "./Emoji.tsx";
import { Invited } from "./Invited.tsx";
import { Link } from "./Link.tsx";
import { Notices } from "./Notices.tsx";
import { RoomSettings } from "./RoomSettings.tsx";
import { RoomView } from "./RoomView.tsx";
import { Search } from "./Search.tsx";
import { Settings } from "./Settings.tsx";
import { Sidebar } from "./Sidebar.tsx";
import { SignIn } from "./SignIn.tsx";
import { Stopped } from "./Stopped.tsx";
import { Switcher } from "./Switcher.tsx";
import { Visit } from "./Visit.tsx";
import { ReachProvider } from "./Waiting.tsx";
import { Write } from "./Write.tsx";

/** What there is to show. `status` is what one chose to be shown as. */
export type Shell =
  | { readonly phase: "restoring"; readonly connection: Connection }
  | { readonly phase: "signed out"; readonly notices: readonly Notice[] }
  | {
      readonly phase: "signed in";
      readonly state: State;
      readonly route: Route;
      readonly overlay: Overlay | null;
      readonly device: DeviceSettings;
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

type SignedIn = Extract<Shell, { phase: "signed in" }>;

function Rooms(shell: SignedIn) {
  const { state, route, status } = shell;
  const { connection } = state;
  return (
    <ReachProvider value={connection.phase !== "waiting"}>
      <EmojisProvider value={state.emojis}>
        <div class={`app at-${route.page} ${connection.phase === "live" ? "live" : "away"}`}>
          <header class="brand">
            <Link to={{ page: "home" }} class="wordmark">
              Parley
            </Link>
            <ConnectionLine connection={connection} unsent={unsentCount(state)} />
          </header>
          <Sidebar state={state} status={status} />
          <main>
            {connection.phase === "stopped" && <Stopped reason={connection.reason} />}
            <Notices notices={state.notices} />
            <Place state={state} route={route} />
          </main>
          <Over {...shell} />
        </div>
      </EmojisProvider>
    </ReachProvider>
  );
}

function Place({ state, route }: { state: State; route: Route }) {
  switch (route.page) {
    case "browse":
      return <Browse mine={state.rooms} />;
    case "invite":
      return <Invited key={route.code} code={route.code} state={state} />;
    case "search":
      return <Search state={state} search={route.search} />;
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

function Over({ state, overlay, device }: SignedIn) {
  switch (overlay?.dialog) {
    case "switcher":
      return <Switcher state={state} />;
    case "write":
      return <Write state={state} />;
    case "settings":
      return <Settings state={state} page={overlay.page} device={device} />;
    case "room": {
      const room = state.rooms.get(overlay.room);
      return room ? <RoomSettings state={state} room={room} page={overlay.page} /> : null;
    }
    case undefined:
      return null;
  }
}
