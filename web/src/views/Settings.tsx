/** One's own settings: who one is, how the page looks, what makes a noise, which keys do what. */
import { useRef, useState } from "preact/hooks";
import type { DeviceSettings, Theme } from "../doing/device.ts";
import type { SettingsPage } from "../overlay.ts";
import type { State } from "../store/state.ts";
import { Account } from "./Account.tsx";
import { Avatar } from "./Avatar.tsx";
import { useActions } from "./actions.ts";
import { Devices } from "./Devices.tsx";
import { Diagnostics } from "./Diagnostics.tsx";
import { Dialog } from "./Dialog.tsx";
import { EmojiSettings, useMayAdd } from "./EmojiSettings.tsx";
import { Keyboard } from "./Keyboard.tsx";
import { Notices } from "./Notices.tsx";
import { Notifications } from "./Notifications.tsx";
import { PictureField } from "./PictureField.tsx";
import { Privacy } from "./Privacy.tsx";
import { Saying } from "./Saying.tsx";
import { Tabs } from "./Tabs.tsx";

const PAGES: readonly (readonly [SettingsPage, string])[] = [
  ["profile", "Profile"],
  ["appearance", "Appearance"],
  ["notifications", "Notifications"],
  ["privacy", "Privacy"],
  ["devices", "Devices"],
  ["account", "Account"],
  ["connection", "Connection"],
  ["keyboard", "Keyboard"],
];
/** For those who may add some. */
const EMOJI_PAGE = ["emoji", "Custom emoji"] as const;

interface SettingsProps {
  state: State;
  page: SettingsPage;
  device: DeviceSettings;
}

/** The dialog. */
export function Settings({ state, page, device }: SettingsProps) {
  const actions = useActions();
  const close = () => actions.show(null);
  const { may, admin } = useMayAdd(state);
  return (
    <Dialog title="Settings" class="settings" onClose={close}>
      <Notices notices={state.notices} />
      <Tabs
        label="Settings"
        pages={may ? [...PAGES, EMOJI_PAGE] : PAGES}
        page={page}
        onPage={(next) => actions.show({ dialog: "settings", page: next })}
      >
        {page === "profile" && (
          <>
            <Profile state={state} />
            <Saying greeted={state.greeted} />
          </>
        )}
        {page === "appearance" && <Appearance device={device} />}
        {page === "notifications" && <Notifications device={device} />}
        {page === "privacy" && <Privacy state={state} />}
        {page === "devices" && <Devices />}
        {page === "account" && <Account />}
        {page === "connection" && <Diagnostics state={state} />}
        {page === "keyboard" && <Keyboard />}
        {page === "emoji" && may && <EmojiSettings state={state} admin={admin} />}
      </Tabs>
    </Dialog>
  );
}

function Profile({ state: { me, users } }: { state: State }) {
  const actions = useActions();
  const has = (users.get(me.id)?.avatar ?? null) !== null;
  const field = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState("");
  const save = async () => {
    const name = field.current?.value.trim() ?? "";
    if (name === "" || name === me.display_name) return;
    setSaid((await actions.account.rename(name)) ? "Saved." : "");
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
      <div class="person">
        <Avatar id={me.id} name={me.display_name} />
        <div>
          <bdi class="name">{me.display_name}</bdi>
          <bdi class="muted">@{me.username}</bdi>
        </div>
      </div>
      <PictureField
        has={has}
        onChosen={(image) => actions.account.picture(image)}
        onRemove={() => actions.account.removePicture()}
      />
      <label class="field">
        <span>Display name</span>
        <input
          ref={field}
          maxLength={64}
          autocomplete="name"
          defaultValue={me.display_name}
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

const THEMES: readonly (readonly [Theme, string])[] = [
  ["system", "Same as the system"],
  ["light", "Light"],
  ["dark", "Dark"],
];

function Appearance({ device }: { device: DeviceSettings }) {
  const actions = useActions();
  return (
    <fieldset class="choices">
      <legend>Theme</legend>
      {THEMES.map(([theme, words]) => (
        <label key={theme} class="check">
          <input
            type="radio"
            name="theme"
            checked={device.theme === theme}
            onChange={() => actions.setDevice({ theme })}
          />
          <span>{words}</span>
        </label>
      ))}
    </fieldset>
  );
}
