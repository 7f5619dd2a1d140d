/** Where an emoji is chosen. All of them are as large as the rest of the page, and come when asked. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Popup } from "./Popup.tsx";

type Panel = ComponentType<{ onPick: (emoji: string) => void }>;

/** Who asks for an emoji, and where. */
export interface Picking {
  readonly anchor: HTMLElement;
  readonly pick: (emoji: string) => void;
}

/** The panel; `onClose` when it is done with. */
export function EmojiPopup({ picking, onClose }: { picking: Picking; onClose: () => void }) {
  const [Panel, setPanel] = useState<Panel | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    import("../emoji/Panel.tsx").then(
      (module) => setPanel(() => module.default),
      () => setFailed(true),
    );
  }, []);
  return (
    <Popup anchor={picking.anchor} label="Choose an emoji" onClose={onClose}>
      {failed && <Failed />}
      {!Panel && !failed && <p class="muted">Loading…</p>}
      {Panel && (
        <Panel
          onPick={(emoji) => {
            picking.pick(emoji);
            onClose();
          }}
        />
      )}
    </Popup>
  );
}

/** Once there is a newer version, the files of the one that this page is of are gone. */
function Failed() {
  return (
    <div class="failed muted">
      <p>
        The emoji can't be loaded. If Parley was updated since this page was opened, load it anew:
        what you have written is kept.
      </p>
      <button type="button" onClick={() => location.reload()}>
        Load the page anew
      </button>
    </div>
  );
}
