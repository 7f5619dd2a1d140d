/** What a message said before it was worded anew; for those who keep order. */
import type { Version } from "parley-sdk";
import { useEffect, useState } from "preact/hooks";
import type { Shown } from "../store/message.ts";
import { useActions } from "./actions.ts";
import { Dialog } from "./Dialog.tsx";
import { Waiting } from "./Waiting.tsx";

interface EditsProps {
  message: Shown;
  room: string;
  onClose: () => void;
}

/** The dialog: every wording with its time, the present one last. */
export function EditsDialog({ message, room, onClose }: EditsProps) {
  const { talk } = useActions();
  const { seq, text, edited_ms, ts } = message;
  const [former, setFormer] = useState<readonly Version[] | null>(null);
  useEffect(
    () => void talk.edits(room, seq).then((found) => (found ? setFormer(found) : onClose())),
    [room, seq, edited_ms],
  );
  const versions = former && [...former, { text, ts: edited_ms ?? ts }];
  return (
    <Dialog title="Edits of this message" onClose={onClose}>
      {versions === null && <Waiting />}
      <ol class="edits" aria-label="Edits">
        {versions?.map((one, at) => (
          <li key={at}>
            <p class="muted">
              <time dateTime={new Date(one.ts).toISOString()}>
                {new Date(one.ts).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" })}
              </time>
              {at === versions.length - 1 && " · now"}
            </p>
            <p class="words" dir="auto">
              {one.text}
            </p>
          </li>
        ))}
      </ol>
    </Dialog>
  );
}
