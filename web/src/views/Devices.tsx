/** Where one is signed in, how to end that, and how to choose another password. */
import type { Session } from "parley-sdk";
import { useRef, useState } from "preact/hooks";
import { deviceName } from "../words.ts";
import { useActions } from "./actions.ts";
import { Confirm } from "./Confirm.tsx";
import { useAnswer, Waiting } from "./Waiting.tsx";

/** The list and the form. */
export function Devices() {
  const actions = useActions();
  const { value: devices, failed, again: look } = useAnswer(() => actions.account.devices());
  const others = devices?.filter(({ current }) => !current).length ?? 0;
  return (
    <>
      <div class="form">
        <h3>Where you are signed in</h3>
        {devices === null && <Waiting failed={failed} again={look} />}
        <ul class="people" aria-label="Devices">
          {devices?.map((device) => (
            <Device key={device.id} device={device} onEnded={look} />
          ))}
        </ul>
        <div class="row">
          {others > 0 && (
            <Confirm
              ask="Sign out everywhere else"
              warning="All other devices are signed out at once."
              sure="Sign them out"
              onSure={async () => (await actions.account.endOthers()) && look()}
            />
          )}
          <Confirm
            ask="Sign out everywhere"
            warning="All devices are signed out at once, this one too."
            sure="Sign me out"
            onSure={() => actions.signOut(true)}
          />
        </div>
      </div>
      <Password onChanged={look} />
    </>
  );
}

function Device({ device, onEnded }: { device: Session; onEnded: () => void }) {
  const actions = useActions();
  const name = deviceName(device.client);
  const used = new Date(device.last_used_ms);
  return (
    <li>
      <div class="who">
        <bdi class="name" title={device.client}>
          {name}
        </bdi>
        <span class="muted">
          {device.current ? "This device" : "Last used "}
          {!device.current && (
            <time dateTime={used.toISOString()}>
              {used.toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}
            </time>
          )}
          {device.address !== "" && <bdi> · {device.address}</bdi>}
        </span>
      </div>
      {!device.current && (
        <button
          type="button"
          aria-label={`Sign out ${name}`}
          onClick={async () => (await actions.account.endDevice(device.id)) && onEnded()}
        >
          Sign out
        </button>
      )}
    </li>
  );
}

function Password({ onChanged }: { onChanged: () => void }) {
  const actions = useActions();
  const current = useRef<HTMLInputElement>(null);
  const next = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState("");
  const change = async () => {
    if (!current.current || !next.current || next.current.value === "") return;
    const done = await actions.account.changePassword(current.current.value, next.current.value);
    setSaid(done ? "Changed. All other devices are signed out." : "");
    if (!done) return;
    current.current.value = "";
    next.current.value = "";
    onChanged();
  };
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void change();
      }}
    >
      <h3>Change your password</h3>
      <input type="text" autocomplete="username" hidden />
      <label class="field">
        <span>Current password</span>
        <input ref={current} type="password" autocomplete="current-password" />
      </label>
      <label class="field">
        <span>New password</span>
        <input ref={next} type="password" autocomplete="new-password" minLength={8} />
      </label>
      <div class="row">
        <button type="submit">Change password</button>
        <span role="status" class="muted">
          {said}
        </span>
      </div>
    </form>
  );
}
