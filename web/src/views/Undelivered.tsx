/** What an outgoing webhook could not be told: each with why, and the way to have it told after all. */
import type { DeadLetter, Webhook } from "parley-sdk";
import { useActions } from "./actions.ts";
import { Link } from "./Link.tsx";
import { usePages } from "./usePages.ts";

/** So many are listed; all are delivered again together. */
const LISTED = 10;

/** The list, closed at first; nothing where all was delivered. */
export function Undelivered({ webhook }: { webhook: Webhook }) {
  const { affairs } = useActions();
  const { id, room, disabled_ms } = webhook;
  const { items, again } = usePages<DeadLetter>(() => affairs.deadLetters(room, id), webhook);
  if (!items || items.length === 0) return null;
  const more = items.length - LISTED;
  return (
    <details>
      <summary>{items.length === 1 ? "1 not delivered" : `${items.length} not delivered`}</summary>
      <ul aria-label="Not delivered">
        {items.slice(0, LISTED).map(({ seq, reason, failed_ms }) => (
          <li key={seq}>
            <Link to={{ page: "room", room, at: seq }}>Message {seq}</Link>{" "}
            <span class="muted">
              <Failed at={new Date(failed_ms)} />: {reason}
            </span>
          </li>
        ))}
        {more > 0 && <li class="muted">and {more} more</li>}
      </ul>
      {/* One that is disabled is enabled with all of it. */}
      {disabled_ms === null && (
        <button
          type="button"
          onClick={async () => (await affairs.replayDeadLetters(room, id)) && again()}
        >
          Deliver again
        </button>
      )}
    </details>
  );
}

function Failed({ at }: { at: Date }) {
  return (
    <time dateTime={at.toISOString()}>
      {at.toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}
    </time>
  );
}
