/** A button that asks once more, in place, before it does what can't be undone. */
import { useState } from "preact/hooks";

interface ConfirmProps {
  /** What the button says, and then the one that does it. */
  ask: string;
  warning: string;
  sure: string;
  onSure: () => unknown;
}

/** The button; pressed, the warning with a way on and a way back. */
export function Confirm({ ask, warning, sure, onSure }: ConfirmProps) {
  const [asking, setAsking] = useState(false);
  if (!asking) {
    return (
      <button type="button" class="danger" onClick={() => setAsking(true)}>
        {ask}
      </button>
    );
  }
  return (
    <fieldset class="confirm" aria-label={ask}>
      <p>{warning}</p>
      <div class="row">
        <button type="button" class="danger" onClick={() => void onSure()}>
          {sure}
        </button>
        <button type="button" autofocus onClick={() => setAsking(false)}>
          Cancel
        </button>
      </div>
    </fieldset>
  );
}
