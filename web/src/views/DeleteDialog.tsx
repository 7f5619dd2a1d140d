/** Asks once more before a message is gone for everybody. */
import type { Shown } from "../store/message.ts";
import { lineOf } from "../text/plain.ts";
import { useActions } from "./actions.ts";
import { Dialog } from "./Dialog.tsx";

interface DeleteDialogProps {
  message: Shown;
  room: string;
  onClose: () => void;
}

/** The dialog. */
export function DeleteDialog({ message, room, onClose }: DeleteDialogProps) {
  const { talk } = useActions();
  return (
    <Dialog title="Delete this message?" onClose={onClose}>
      <div class="condemned">
        <blockquote dir="auto">{lineOf(message.text)}</blockquote>
        <p>Nobody will be able to read it any more, not even you.</p>
        <div class="dialog-end">
          <button type="button" onClick={onClose}>
            Keep it
          </button>
          <button
            type="button"
            class="danger"
            autofocus
            onClick={() => {
              onClose();
              void talk.remove(room, message.seq);
            }}
          >
            Delete
          </button>
        </div>
      </div>
    </Dialog>
  );
}
