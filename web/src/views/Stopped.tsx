/** The connection ended for good: why, and what one can do. */
import type { Reason } from "../store/connection.ts";

const WORDS: Readonly<Record<Exclude<Reason, "revoked" | "signed out">, string>> = {
  replaced:
    "You opened Parley in more windows than are served at once, so this one was cut off. Close some, then load this one anew.",
  protocol: "This page and the server no longer understand each other. Reloading it should help.",
};

/** The words and the button. Who was signed out is told so where one signs in. */
export function Stopped({ reason }: { reason: Reason }) {
  if (reason === "revoked" || reason === "signed out") return null;
  return (
    <div class="notice stopped">
      <p role="alert">{WORDS[reason]}</p>
      <button type="button" onClick={() => location.reload()}>
        Load anew
      </button>
    </div>
  );
}
