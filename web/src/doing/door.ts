/** Coming in without a password: what the server is asked for whoever is not signed in. */
import { type ErrorCode, ProblemError } from "parley-sdk";

/** How one comes in here, as `GET /v1/auth/door` says. */
export interface Plan {
  readonly registration: "open" | "invite" | "domain" | "closed";
  readonly domains: readonly string[];
  readonly reset: "mail" | "admin";
  readonly contact: string | null;
}

/** Every call throws a `ProblemError` where the server refuses, or a `TypeError` without a network. */
export class Door {
  readonly #url: string;

  constructor(origin: string) {
    this.#url = `${origin}/v1/auth`;
  }

  /** Who may make an account, and what to do about a lost password. */
  async plan(): Promise<Plan> {
    const answer = await fetch(`${this.#url}/door`);
    if (!answer.ok) throw await refusal(answer);
    return (await answer.json()) as Plan;
  }

  /** Make an account by an invitation; the browser is signed in then. */
  async enter(invitation: string, username: string, password: string): Promise<void> {
    await this.#post("register", { username, password, invitation, cookie: true });
  }

  /** Ask for an invitation by mail. */
  async askInvitation(email: string): Promise<void> {
    await this.#post("invitations/request", { email });
  }

  /** Ask for a link for a new password by mail. */
  async askReset(username: string): Promise<void> {
    await this.#post("reset", { username });
  }

  /** Choose a new password by a link, which is used up. */
  async choosePassword(token: string, password: string): Promise<void> {
    await this.#post("reset/confirm", { token, password });
  }

  async #post(path: string, body: object): Promise<void> {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${this.#url}/${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw await refusal(answer);
  }
}

async function refusal(answer: Response): Promise<ProblemError> {
  try {
    const { code, detail, field } = (await answer.json()) as Record<string, string>;
    return new ProblemError(code as ErrorCode, detail ?? "", answer.status, {
      field: field ?? null,
    });
  } catch {
    return new ProblemError("unavailable", "the server gave no answer", answer.status);
  }
}
