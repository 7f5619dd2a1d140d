/** The pinned messages of a room, each leading to its place. */
import type { Message } from "parley-sdk";
import { useEffect, useState } from "preact/hooks";
import { Avatar } from "./Avatar.tsx";
import { useActions } from "./actions.ts";
import { Dialog } from "./Dialog.tsx";
import { Link } from "./Link.tsx";
import { lineOf } from "./quote.ts";

/** The dialog. */
export function PinsDialog({ room, onClose }: { room: string; onClose: () => void }) {
  const { talk } = useActions();
  const [pins, setPins] = useState<readonly Message[] | null>(null);
  useEffect(
    () => void talk.pins(room).then((found) => (found ? setPins(found) : onClose())),
    [room],
  );
  return (
    <Dialog title="Pinned messages" onClose={onClose}>
      {pins === null && <p class="muted">Loading…</p>}
      {pins?.length === 0 && (
        <p class="muted">Nothing is pinned here. A moderator can pin what all should find.</p>
      )}
      <ul class="pins" aria-label="Pinned messages">
        {pins?.map(({ seq, sender, sender_name, text, ts }) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the link in it is pressed
          <li key={seq} onClick={onClose}>
            <Link to={{ page: "room", room, at: seq }}>
              <Avatar id={sender} name={sender_name} />
              <span>
                <bdi class="name">{sender_name}</bdi>{" "}
                <span class="muted">{new Date(ts).toLocaleDateString()}</span>
                <span class="words" dir="auto">
                  {lineOf(text)}
                </span>
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
