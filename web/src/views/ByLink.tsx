/** The pages of a link: an invitation, a new password; and what to do for who has none. */
import { ProblemError } from "parley-sdk";
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Door, Plan } from "../doing/door.ts";

/** Which page, and the secret behind the `#`, if there is one. */
export interface Linked {
  readonly page: "invite" | "reset";
  readonly secret: string;
}

/** What a path and a fragment mean, or null if it is none of these pages. */
export function linkOf(path: string, hash: string): Linked | null {
  const page = /^\/(invite|reset)\/?$/.exec(path)?.[1];
  if (page !== "invite" && page !== "reset") return null;
  return { page, secret: hash.replace(/^#/, "") };
}

/** The page; `leave` goes to the beginning once somebody is in, or may sign in. */
export function ByLink(props: { link: Linked; door: Door; leave: () => void }) {
  const { page, secret } = props.link;
  if (page === "invite") return secret ? <Invited {...props} /> : <Uninvited {...props} />;
  return secret ? <NewPassword {...props} /> : <LostPassword {...props} />;
}

type Props = Parameters<typeof ByLink>[0];

function Invited({ link, door, leave }: Props) {
  const username = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const [wrong, submit] = useDeed(async () => {
    const name = username.current?.value.trim() ?? "";
    await door.enter(link.secret, name, password.current?.value ?? "");
    leave();
  });
  return (
    <Card title="You are invited" wrong={wrong} submit={submit} button="Create account">
      <p class="muted">Choose a name and a password.</p>
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
        <input ref={password} name="password" type="password" autocomplete="new-password" />
      </label>
    </Card>
  );
}

function NewPassword({ link, door, leave }: Props) {
  const password = useRef<HTMLInputElement>(null);
  const [wrong, submit] = useDeed(async () => {
    await door.choosePassword(link.secret, password.current?.value ?? "");
    leave();
  });
  return (
    <Card title="A new password" wrong={wrong} submit={submit} button="Take this password">
      <p class="muted">All devices are signed out; then sign in with the new one.</p>
      <label class="field">
        <span>New password</span>
        <input
          ref={password}
          name="password"
          type="password"
          autocomplete="new-password"
          autofocus
        />
      </label>
    </Card>
  );
}

function LostPassword({ door }: Props) {
  const plan = usePlan(door);
  const username = useRef<HTMLInputElement>(null);
  const [sent, setSent] = useState(false);
  const [wrong, submit] = useDeed(async () => {
    await door.askReset(username.current?.value.trim() ?? "");
    setSent(true);
  });
  if (sent) {
    const words = "If there is such an account, and it has a mail address, a link is on its way.";
    return <Told title="Look into your mail" words={words} />;
  }
  if (plan?.reset !== "mail") {
    const words = plan && `Ask ${whom(plan)} for a link by which you choose a new one.`;
    return <Told title="Lost your password?" words={words ?? "One moment …"} />;
  }
  return (
    <Card title="Lost your password?" wrong={wrong} submit={submit} button="Send me a link">
      <label class="field">
        <span>Username or mail address</span>
        <input
          ref={username}
          name="username"
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          autofocus
        />
      </label>
    </Card>
  );
}

function Uninvited({ door }: Props) {
  const plan = usePlan(door);
  const email = useRef<HTMLInputElement>(null);
  const [sent, setSent] = useState(false);
  const [wrong, submit] = useDeed(async () => {
    await door.askInvitation(email.current?.value.trim() ?? "");
    setSent(true);
  });
  if (sent) return <Told title="Look into your mail" words="An invitation is on its way." />;
  if (plan?.registration !== "domain") {
    return <Told title="An account" words={plan ? wayIn(plan) : "One moment …"} />;
  }
  return (
    <Card title="An account" wrong={wrong} submit={submit} button="Send me an invitation">
      <p class="muted">For mail addresses of {plan.domains.join(", ")}.</p>
      <label class="field">
        <span>Mail address</span>
        <input ref={email} name="email" type="email" autocomplete="email" autofocus />
      </label>
    </Card>
  );
}

/** How one gets an account here, in words. */
export function wayIn(plan: Plan): string {
  if (plan.registration === "open") return "Anyone may make one on the first page.";
  if (plan.registration === "closed") return `Ask ${whom(plan)}, who makes them here.`;
  return `Ask ${whom(plan)} for an invitation.`;
}

/** Whom to ask, in words. */
export function whom(plan: Plan): string {
  return plan.contact ?? "whoever runs this place";
}

function usePlan(door: Door): Plan | null {
  const [plan, setPlan] = useState<Plan | null>(null);
  useEffect(() => {
    door
      .plan()
      .then(setPlan, () =>
        setPlan({ registration: "invite", domains: [], reset: "admin", contact: null }),
      );
  }, [door]);
  return plan;
}

/** What went wrong last, and the deed to do again, one at a time. */
function useDeed(deed: () => Promise<void>): [string | null, () => void] {
  const [wrong, setWrong] = useState<string | null>(null);
  const busy = useRef(false);
  return [
    wrong,
    () => {
      if (busy.current) return;
      busy.current = true;
      setWrong(null);
      deed()
        .catch((error: unknown) => setWrong(words(error)))
        .finally(() => {
          busy.current = false;
        });
    },
  ];
}

function words(error: unknown): string {
  if (!(error instanceof ProblemError)) return "The server can't be reached. Try again.";
  return `${error.detail.charAt(0).toUpperCase()}${error.detail.slice(1)}.`;
}

function Card(props: {
  title: string;
  wrong: string | null;
  submit: () => void;
  button: string;
  children: ComponentChildren;
}) {
  return (
    <main class="sign-in">
      <form
        class="card"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          props.submit();
        }}
      >
        <h1>{props.title}</h1>
        {props.wrong && (
          <p class="notice" role="alert">
            {props.wrong}
          </p>
        )}
        {props.children}
        <button type="submit" class="primary">
          {props.button}
        </button>
        <a href="/">Sign in instead</a>
      </form>
    </main>
  );
}

function Told({ title, words }: { title: string; words: string }) {
  return (
    <main class="sign-in">
      <section class="card">
        <h1>{title}</h1>
        <p role="status">{words}</p>
        <a href="/">Sign in</a>
      </section>
    </main>
  );
}
