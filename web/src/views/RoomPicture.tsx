/** A room's picture as those see it who may change it: chosen, replaced, taken away. */
import type { Room } from "parley-sdk";
import type { TargetedEvent } from "preact";
import { useRef, useState } from "preact/hooks";
import { useActions } from "./actions.ts";
import { RoomSign } from "./RoomSign.tsx";

const TYPES = "image/png,image/jpeg,image/gif,image/webp,image/avif";

/** The field. */
export function RoomPicture({ about: { id, kind, picture } }: { about: Room }) {
  const { affairs } = useActions();
  const busy = useRef(false);
  const [said, setSaid] = useState("");
  const change = async (work: () => Promise<boolean>, done: string) => {
    if (busy.current) return;
    busy.current = true;
    setSaid("One moment…");
    const changed = await work();
    busy.current = false;
    setSaid(changed ? done : "");
  };
  const chosen = async ({ currentTarget: field }: TargetedEvent<HTMLInputElement>) => {
    const file = field.files?.[0];
    if (!file) return;
    await change(() => affairs.picture(id, file), "Saved.");
    // The same file may be chosen again.
    field.value = "";
  };
  return (
    <div class="room-picture-field">
      <label class="field">
        <span>Picture</span>
        <input type="file" accept={TYPES} onChange={(event) => void chosen(event)} />
      </label>
      <div class="row">
        {picture !== null && (
          <>
            <RoomSign kind={kind} picture={picture} />
            <button
              type="button"
              onClick={() => void change(() => affairs.change(id, { picture: null }), "Removed.")}
            >
              Remove picture
            </button>
          </>
        )}
        <span role="status" class="muted">
          {said}
        </span>
      </div>
    </div>
  );
}
