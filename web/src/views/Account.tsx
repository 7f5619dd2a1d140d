/** Where a link for a new password may be sent, and how one leaves; the rest is in Devices. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Door, type Plan } from "../doing/door.ts";
import { useActions } from "./actions.ts";
import { whom } from "./ByLink.tsx";
import { Confirm } from "./Confirm.tsx";
import { useAnswer, Waiting } from "./Waiting.tsx";

/** Both forms. */
export function Account() {
  const actions = useActions();
  const { value: own, failed, again } = useAnswer(() => actions.account.own());
  const [plan, setPlan] = useState<Plan | null>(null);
  useEffect(() => {
    new Door(location.origin).plan().then(setPlan, () => setPlan(null));
  }, []);
  if (!own) return <Waiting failed={failed} again={again} />;
  if (!own.has_password)
    return <p class="muted">You sign in elsewhere: mail and password are looked after there.</p>;
  return (
    <>
      {plan?.reset === "mail" && <Mail email={own.email} />}
      {plan?.reset === "admin" && (
        <p class="muted">If you lose your password, ask {whom(plan)} for a link for a new one.</p>
      )}
      <Leave />
    </>
  );
}

function Mail({ email }: { email: string | null }) {
  const actions = useActions();
  const address = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState("");
  const save = async () => {
    if (!address.current || !password.current) return;
    const wanted = address.current.value.trim() || null;
    const done = await actions.account.setEmail(wanted, password.current.value);
    setSaid(done ? "Saved." : "");
    if (done) password.current.value = "";
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
      <h3>Mail address</h3>
      <p class="muted">
        If you lose your password, a link for a new one can be sent there. Nobody else sees it.
      </p>
      <label class="field">
        <span>Mail address</span>
        <input ref={address} type="email" autocomplete="email" defaultValue={email ?? ""} />
      </label>
      <label class="field">
        <span>Your password</span>
        <input ref={password} type="password" autocomplete="current-password" />
      </label>
      <div class="row">
        <button type="submit">Save</button>
        <span role="status" class="muted">
          {said}
        </span>
      </div>
    </form>
  );
}

function Leave() {
  const actions = useActions();
  const password = useRef<HTMLInputElement>(null);
  return (
    <div class="form">
      <h3>Leave</h3>
      <p class="muted">
        Nobody can sign in to your account any more. What you said stays. An admin can let you in
        again.
      </p>
      <label class="field">
        <span>Your password, to leave</span>
        <input ref={password} type="password" autocomplete="current-password" />
      </label>
      <Confirm
        ask="Deactivate my account"
        warning="All devices are signed out at once, this one too."
        sure="Deactivate it"
        onSure={() => actions.account.leave(password.current?.value ?? "")}
      />
    </div>
  );
}
