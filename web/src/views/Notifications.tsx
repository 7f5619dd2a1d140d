/** How one is told of messages while one looks elsewhere. The browser is asked on a press alone. */
import { useEffect, useState } from "preact/hooks";
import type { DeviceSettings } from "../doing/device.ts";
import { ring } from "../doing/notifier.ts";
import { canPush } from "../doing/pushing.ts";
import { useActions } from "./actions.ts";

/** The choices, for this browser. */
export function Notifications({ device }: { device: DeviceSettings }) {
  const actions = useActions();
  return (
    <div class="form">
      <p class="muted">
        For this browser. Which messages count is set for each room; while you do not want to be
        disturbed, none do.
      </p>
      <Desktop device={device} />
      {canPush() && <Push />}
      <label class="check">
        <input
          type="checkbox"
          checked={device.sound}
          onChange={(event) => {
            const sound = event.currentTarget.checked;
            actions.setDevice({ sound });
            if (sound) ring();
          }}
        />
        <span>Play a sound</span>
      </label>
    </div>
  );
}

function Desktop({ device }: { device: DeviceSettings }) {
  const actions = useActions();
  const [asked, setAsked] = useState(permission());
  if (asked === null) {
    return <p class="muted">This browser shows no notifications on this page.</p>;
  }
  const on = device.desktop && asked === "granted";
  return (
    <>
      <label class="check">
        <input
          type="checkbox"
          checked={on}
          onChange={async (event) => {
            const wanted = event.currentTarget.checked;
            const allowed = wanted ? await Notification.requestPermission() : asked;
            setAsked(allowed);
            actions.setDevice({ desktop: wanted && allowed === "granted" });
          }}
        />
        <span>Show notifications on the desktop</span>
      </label>
      {asked === "denied" && (
        <p class="hint" role="alert">
          The browser was told not to show any for this page; its settings can change that.
        </p>
      )}
    </>
  );
}

/** What is told by way of the browser's own push service, which can't read it. */
function Push() {
  const actions = useActions();
  const [on, setOn] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState(false);
  useEffect(() => {
    void actions.account.pushed().then((found) => setOn(found === true));
  }, [actions]);
  return (
    <>
      <label class="check">
        <input
          type="checkbox"
          checked={on}
          disabled={busy}
          onChange={async (event) => {
            const wanted = event.currentTarget.checked;
            setOn(wanted);
            setBusy(true);
            const done = await actions.account.push(wanted);
            setBusy(false);
            // What the browser shows in the end is what is so, whatever was pressed.
            setOn(done ?? !wanted);
            setRefused(wanted && done === false);
          }}
        />
        <span>Also while Parley is closed</span>
      </label>
      {refused && (
        <p class="hint" role="alert">
          The browser does not let this page do that; its settings can change it.
        </p>
      )}
    </>
  );
}

/** What the browser was told; null: it has no notifications, or none for plain HTTP. */
function permission(): NotificationPermission | null {
  return "Notification" in globalThis && isSecureContext ? Notification.permission : null;
}
