/** A room's settings for one who is in it: what it is, who is in it as what, and its end. */
import { useRef, useState } from "preact/hooks";
import type { RoomPage } from "../overlay.ts";
import { roomName } from "../store/names.ts";
import type { RoomState } from "../store/room.ts";
import type { State } from "../store/state.ts";
import { useActions } from "./actions.ts";
import { Confirm } from "./Confirm.tsx";
import { Dialog } from "./Dialog.tsx";
import { Notices } from "./Notices.tsx";
import { RoomChoices } from "./RoomChoices.tsx";
import { RoomInvites } from "./RoomInvites.tsx";
import { RoomMembers } from "./RoomMembers.tsx";
import { RoomOrder } from "./RoomOrder.tsx";
import { RoomPicture } from "./RoomPicture.tsx";
import { RoomWebhooks } from "./RoomWebhooks.tsx";
import { Tabs } from "./Tabs.tsx";

interface RoomSettingsProps {
  state: State;
  room: RoomState;
  page: RoomPage;
}

/** The dialog. */
export function RoomSettings({ state, room, page }: RoomSettingsProps) {
  const actions = useActions();
  const { id, kind } = room.about;
  const pages: (readonly [RoomPage, string])[] = [
    ["about", "About"],
    ["mine", "For me"],
  ];
  if (kind !== "direct") pages.push(["members", "Members"]);
  if (keepsOrder(room) && !room.about.archived) pages.push(["invites", "Invite links"]);
  if (keepsOrder(room) && !room.about.archived) pages.push(["webhooks", "Webhooks"]);
  if (keepsOrder(room)) pages.push(["order", "Moderation"]);
  return (
    <Dialog title={roomName(room.about)} class="settings" onClose={() => actions.show(null)}>
      <Notices notices={state.notices} />
      <Tabs
        label="Room settings"
        pages={pages}
        page={page}
        onPage={(next) => actions.show({ dialog: "room", room: id, page: next })}
      >
        {page === "about" && <About room={room} />}
        {page === "mine" && <RoomChoices room={room} />}
        {page === "order" && keepsOrder(room) && <RoomOrder room={room} />}
        {page === "invites" && keepsOrder(room) && <RoomInvites room={id} />}
        {page === "webhooks" && keepsOrder(room) && <RoomWebhooks room={id} />}
        {page === "members" && <RoomMembers room={room} me={state.me.id} />}
      </Tabs>
    </Dialog>
  );
}

function About({ room }: { room: RoomState }) {
  const { kind } = room.about;
  const mayChange = keepsOrder(room) && !room.about.archived;
  const maySettle = mayChange || kind === "direct";
  return (
    <div class="form">
      {mayChange ? <Naming room={room} /> : <Told room={room} />}
      {mayChange && <RoomPicture about={room.about} />}
      {mayChange && <SlowMode room={room} />}
      {maySettle && <LooksUp room={room} />}
      {kind !== "direct" && <Ends room={room} />}
    </div>
  );
}

/** Whether one may change a room and keep order in it. */
function keepsOrder({ about: { kind, role } }: RoomState): boolean {
  return kind !== "direct" && (role === "owner" || role === "moderator");
}

const SLOW: readonly (readonly [number, string])[] = [
  [0, "Off"],
  [5, "5 seconds"],
  [30, "30 seconds"],
  [60, "1 minute"],
  [300, "5 minutes"],
  [3_600, "1 hour"],
  [21_600, "6 hours"],
];

function SlowMode({ room: { about } }: { room: RoomState }) {
  const { affairs } = useActions();
  const { id, slow_mode_seconds: seconds } = about;
  const known = SLOW.some(([one]) => one === seconds);
  return (
    <label class="field">
      <span>Slow mode: how long a member waits between two messages</span>
      <select
        value={seconds}
        onChange={(event) =>
          void affairs.change(id, { slow_mode_seconds: Number(event.currentTarget.value) })
        }
      >
        {!known && <option value={seconds}>{seconds} seconds</option>}
        {SLOW.map(([one, words]) => (
          <option key={one} value={one}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

function LooksUp({ room: { about } }: { room: RoomState }) {
  const { affairs } = useActions();
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={about.previews}
        onChange={(event) =>
          void affairs.change(about.id, { previews: event.currentTarget.checked })
        }
      />
      <span>
        Show what links lead to. The server, not your browser, asks the page for its title, unless
        its operator has switched that off.
      </span>
    </label>
  );
}

function Told({ room: { about } }: { room: RoomState }) {
  const words = { public: "Public room", private: "Private room", direct: "Direct messages" };
  return (
    <div>
      <p class="muted">{about.archived ? "Archived: nobody can write here." : words[about.kind]}</p>
      {about.topic !== "" && <bdi>{about.topic}</bdi>}
    </div>
  );
}

function Naming({ room: { about } }: { room: RoomState }) {
  const actions = useActions();
  const name = useRef<HTMLInputElement>(null);
  const topic = useRef<HTMLTextAreaElement>(null);
  const [said, setSaid] = useState("");
  const save = async () => {
    const patch = {
      name: name.current?.value.trim() ?? "",
      topic: topic.current?.value.trim() ?? "",
    };
    setSaid((await actions.affairs.change(about.id, patch)) ? "Saved." : "");
  };
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <label class="field">
        <span>Name</span>
        <input
          ref={name}
          maxLength={80}
          autocomplete="off"
          dir="auto"
          defaultValue={about.name ?? ""}
          onInput={() => setSaid("")}
        />
      </label>
      <label class="field">
        <span>Topic</span>
        <textarea
          ref={topic}
          rows={2}
          maxLength={250}
          dir="auto"
          defaultValue={about.topic}
          onInput={() => setSaid("")}
        />
      </label>
      <div class="row">
        <button type="submit" class="primary">
          Save
        </button>
        <span role="status" class="muted">
          {said}
        </span>
      </div>
    </form>
  );
}

function Ends({ room: { about } }: { room: RoomState }) {
  const actions = useActions();
  const after = (done: boolean) => done && actions.show(null);
  return (
    <section class="ends">
      <Confirm
        ask="Leave room"
        warning={
          about.kind === "private"
            ? "Only a member can let you in again."
            : "You can join again whenever you like."
        }
        sure="Leave"
        onSure={async () => {
          actions.show(null);
          await actions.leave(about.id);
        }}
      />
      {about.role === "owner" && about.archived && (
        <button
          type="button"
          onClick={() => void actions.affairs.change(about.id, { archived: false })}
        >
          Take out of the archive
        </button>
      )}
      {about.role === "owner" && !about.archived && (
        <Confirm
          ask="Archive room"
          warning="Nobody can write here or join any more, until you take it out of the archive."
          sure="Archive"
          onSure={() => actions.affairs.change(about.id, { archived: true })}
        />
      )}
      {about.role === "owner" && (
        <Confirm
          ask="Delete room"
          warning="All that was said here is gone then, for everybody and for good."
          sure="Delete for good"
          onSure={async () => after(await actions.affairs.delete(about.id))}
        />
      )}
    </section>
  );
}
