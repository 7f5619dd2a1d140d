/** The pinned messages of a room, each leading to its place. */
import type { Message } from "parley-sdk";
import { useEffect, useState } from "preact/hooks";
import { lineOf } from "../text/plain.ts";
import { Avatar } from "./Avatar.tsx";
import { useActions } from "./actions.ts";
import { Dialog } from "./Dialog.tsx";
import { Link } from "./Link.tsx";
import { BLOCKED } from "./quote.ts";
import { Waiting } from "./Waiting.tsx";

interface PinsProps {
  room: string;
  /** Those whose words are folded. */
  blocked: ReadonlySet<string>;
  onClose: () => void;
}

/** The dialog. */
export function PinsDialog({ room, blocked, onClose }: PinsProps) {
  const { talk } = useActions();
  const [pins, setPins] = useState<readonly Message[] | null>(null);
  useEffect(
    () => void talk.pins(room).then((found) => (found ? setPins(found) : onClose())),
    [room],
  );
  return (
    <Dialog title="Pinned messages" onClose={onClose}>
      {pins === null && <Waiting />}
      {pins?.length === 0 && (
        <p class="muted">Nothing is pinned here. A moderator can pin what all should find.</p>
      )}
      <ul class="pins" aria-label="Pinned messages">
        {pins?.map((pin) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the link in it is pressed
          <li key={pin.seq} onClick={onClose}>
            <Link to={{ page: "room", room, at: pin.seq }}>
              <Pinned pin={pin} folded={blocked.has(pin.sender)} />
            </Link>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

/** What stands in a pin; `folded`: not who said what, before one goes there to see. */
function Pinned({ pin, folded }: { pin: Message; folded: boolean }) {
  const { sender, sender_name, text, ts } = pin;
  const day = <span class="muted">{new Date(ts).toLocaleDateString()}</span>;
  if (folded) {
    return (
      <span>
        {day} <span class="words muted">{BLOCKED}</span>
      </span>
    );
  }
  return (
    <>
      <Avatar id={sender} name={sender_name} />
      <span>
        <bdi class="name">{sender_name}</bdi> {day}
        <span class="words" dir="auto">
          {lineOf(text)}
        </span>
      </span>
    </>
  );
}
