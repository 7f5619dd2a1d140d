/** A picture as those see it who may change it: chosen, replaced, taken away; it keeps none. */
import type { ComponentChildren, TargetedEvent } from "preact";
import { useRef, useState } from "preact/hooks";

const TYPES = "image/png,image/jpeg,image/gif,image/webp,image/avif";

interface PictureFieldProps {
  /** Whether there is one; `children` show it, unless it is in sight anyway. */
  has: boolean;
  children?: ComponentChildren;
  onChosen: (image: File) => Promise<boolean>;
  onRemove: () => Promise<boolean>;
}

/** The field. */
export function PictureField({ has, children, onChosen, onRemove }: PictureFieldProps) {
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
    await change(() => onChosen(file), "Saved.");
    // The same file may be chosen again.
    field.value = "";
  };
  return (
    <div class="picture-field">
      <label class="field">
        <span>Picture</span>
        <input type="file" accept={TYPES} onChange={(event) => void chosen(event)} />
      </label>
      <div class="row">
        {has && (
          <>
            {children}
            <button type="button" onClick={() => void change(onRemove, "Removed.")}>
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
