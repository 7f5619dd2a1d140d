/** The first screen: who are you? One form signs in or makes an account. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Door, type Plan } from "../doing/door.ts";
import { parseRoute } from "../route.ts";
import type { Notice } from "../store/notices.ts";
import { useActions } from "./actions.ts";
import { wayIn } from "./ByLink.tsx";
import { Notices } from "./Notices.tsx";

/** The form; `notices` say why one is here again, or what went wrong. */
export function SignIn({ notices }: { notices: readonly Notice[] }) {
  const actions = useActions();
  const username = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState<"signing in" | "creating" | null>(null);
  const [plan, setPlan] = useState<Plan | null>(null);
  useEffect(() => {
    // Unknown, both are offered: the server has the last word anyway.
    new Door(location.origin).plan().then(setPlan, () => setPlan(null));
  }, []);

  const enter = async (how: "signing in" | "creating") => {
    const name = username.current?.value ?? "";
    const secret = password.current?.value ?? "";
    if (busy) return;
    setBusy(how);
    await (how === "creating"
      ? actions.createAccount(name.trim(), secret)
      : actions.signIn(name.trim(), secret));
    setBusy(null);
  };

  return (
    <main class="sign-in">
      <form
        class="card"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void enter("signing in");
        }}
      >
        <h1 class="wordmark">Parley</h1>
        <p class="muted">
          {parseRoute(location.pathname).page === "invite"
            ? "You are invited into a room. Once you are signed in, you see which."
            : "Talk in rooms, with people you know."}
        </p>
        <Notices notices={notices} />
        <label class="field">
          <span>Username</span>
          <input
            ref={username}
            name="username"
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            autofocus
          />
        </label>
        <label class="field">
          <span>Password</span>
          <input ref={password} name="password" type="password" autocomplete="current-password" />
        </label>
        <button type="submit" class="primary" aria-disabled={busy !== null}>
          Sign in
        </button>
        {plan && plan.registration !== "open" ? (
          <p class="divider muted">No account yet? {wayIn(plan)}</p>
        ) : (
          <>
            <p class="divider muted">No account yet? Choose a username and a password, then</p>
            <button
              type="button"
              aria-disabled={busy !== null}
              onClick={() => void enter("creating")}
            >
              Create account
            </button>
          </>
        )}
        <p class="muted">
          <a href="/reset">Lost your password?</a> · <a href="/invite">Need an invitation?</a>
        </p>
      </form>
    </main>
  );
}
