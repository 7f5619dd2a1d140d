/** Who is kept out of a room or may not write, and what was done by whom: for who keeps order. */
import type { AuditEntry, Sanction } from "parley-sdk";
import type { RoomState } from "../store/room.ts";
import { auditWords } from "../words.ts";
import { useActions } from "./actions.ts";
import { usePages } from "./usePages.ts";

/** The lists. */
export function RoomOrder({ room: { about } }: { room: RoomState }) {
  const { moderation } = useActions();
  const bans = usePages<Sanction>((cursor) => moderation.bans(about.id, cursor), about.last_seq);
  const mutes = usePages<Sanction>((cursor) => moderation.mutes(about.id, cursor), about.last_seq);
  const audit = usePages<AuditEntry>(
    (cursor) => moderation.audit(about.id, cursor),
    about.last_seq,
  );
  const lift = async (work: Promise<boolean>) => {
    await work;
    bans.again();
    mutes.again();
    audit.again();
  };
  return (
    <>
      <div class="form">
        <h3>Banned</h3>
        <Sanctions
          label="Banned"
          none="Nobody is banned."
          sanctions={bans.items}
          lift="Unban"
          onLift={(user) => void lift(moderation.unban(about.id, user))}
        />
        {bans.more && <More onMore={bans.more} />}
      </div>
      <div class="form">
        <h3>Muted</h3>
        <Sanctions
          label="Muted"
          none="Nobody is muted."
          sanctions={mutes.items}
          lift="Unmute"
          onLift={(user) => void lift(moderation.unmute(about.id, user))}
        />
        {mutes.more && <More onMore={mutes.more} />}
      </div>
      <div class="form">
        <h3>Record</h3>
        {audit.items?.length === 0 && <p class="muted">Nothing yet.</p>}
        <ul class="audit" aria-label="Record">
          {audit.items?.map((entry) => (
            <li key={`${entry.ts} ${entry.action} ${entry.user?.id ?? ""}`}>
              <Time at_ms={entry.ts} />
              <bdi>{auditWords(entry)}</bdi>
            </li>
          ))}
        </ul>
        {audit.more && <More onMore={audit.more} />}
      </div>
    </>
  );
}

interface SanctionsProps {
  label: string;
  none: string;
  sanctions: readonly Sanction[] | null;
  lift: string;
  onLift: (user: string) => void;
}

function Sanctions({ label, none, sanctions, lift, onLift }: SanctionsProps) {
  if (sanctions?.length === 0) return <p class="muted">{none}</p>;
  return (
    <ul class="people" aria-label={label}>
      {sanctions?.map(({ user, by, reason, until_ms }) => (
        <li key={user.id}>
          <div class="who">
            <bdi class="name">{user.display_name}</bdi>
            <span class="muted">
              by <bdi>{by.display_name}</bdi>
              {until_ms !== null && (
                <>
                  {" "}
                  until <Time at_ms={until_ms} />
                </>
              )}
              {reason !== "" && <bdi>: {reason}</bdi>}
            </span>
          </div>
          <button
            type="button"
            aria-label={`${lift} ${user.display_name}`}
            onClick={() => onLift(user.id)}
          >
            {lift}
          </button>
        </li>
      ))}
    </ul>
  );
}

function More({ onMore }: { onMore: () => void }) {
  return (
    <button type="button" onClick={onMore}>
      Show more
    </button>
  );
}

function Time({ at_ms }: { at_ms: number }) {
  const at = new Date(at_ms);
  return (
    <time dateTime={at.toISOString()} class="muted">
      {at.toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}
    </time>
  );
}
