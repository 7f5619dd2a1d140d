/** Links that let whoever has one into a room: made here, looked through, and taken back. */
import type { Invite } from "parley-sdk";
import { useState } from "preact/hooks";
import { useActions } from "./actions.ts";
import { usePages } from "./usePages.ts";

const DAY_SECONDS = 86_400;
const LASTING: readonly (readonly [number, string])[] = [
  [DAY_SECONDS, "1 day"],
  [7 * DAY_SECONDS, "7 days"],
  [30 * DAY_SECONDS, "30 days"],
];
const USES: readonly (readonly [number, string])[] = [
  [0, "any number of people"],
  [1, "1 person"],
  [10, "10 people"],
  [100, "100 people"],
];

/** The form and the list. */
export function RoomInvites({ room }: { room: string }) {
  const { affairs } = useActions();
  const [seconds, setSeconds] = useState(7 * DAY_SECONDS);
  const [uses, setUses] = useState(0);
  const { items, again } = usePages<Invite>(() => affairs.invites(room), room);
  return (
    <div class="form">
      <h3>Invite by a link</h3>
      <div class="row invite-new">
        <label class="field">
          <span>It lasts</span>
          <select
            value={seconds}
            onChange={(event) => setSeconds(Number(event.currentTarget.value))}
          >
            {LASTING.map(([one, words]) => (
              <option key={one} value={one}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>It is good for</span>
          <select value={uses} onChange={(event) => setUses(Number(event.currentTarget.value))}>
            {USES.map(([one, words]) => (
              <option key={one} value={one}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          class="primary"
          onClick={async () => {
            if (await affairs.invite(room, seconds, uses === 0 ? null : uses)) again();
          }}
        >
          Make a link
        </button>
      </div>
      <ul class="people" aria-label="Invite links">
        {items?.map((invite) => (
          <InviteItem key={invite.code} invite={invite} onGone={again} />
        ))}
      </ul>
    </div>
  );
}

function InviteItem({ invite, onGone }: { invite: Invite; onGone: () => void }) {
  const { affairs } = useActions();
  const [copied, setCopied] = useState(false);
  const ends = new Date(invite.expires_ms);
  return (
    <li>
      <div class="who">
        <input
          readOnly
          aria-label="Invite link"
          value={invite.url}
          onFocus={(event) => event.currentTarget.select()}
        />
        <span class="muted">
          by <bdi>{invite.by.display_name}</bdi>, until{" "}
          <time dateTime={ends.toISOString()}>
            {ends.toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}
          </time>
          {invite.uses_left !== null && `, ${invite.uses_left} left`}
        </span>
      </div>
      {navigator.clipboard && (
        <button
          type="button"
          onClick={async () => {
            await navigator.clipboard.writeText(invite.url);
            setCopied(true);
          }}
        >
          {copied ? "Copied" : "Copy"}
        </button>
      )}
      <button
        type="button"
        class="quiet"
        onClick={async () => (await affairs.uninvite(invite.room, invite.code)) && onGone()}
      >
        Revoke
      </button>
    </li>
  );
}
