/** What can be done to one message: there for everybody, in sight for whoever points or tabs to it. */
import { useEffect, useState } from "preact/hooks";
import { Icon, type IconName } from "./Icon.tsx";
import { useStood } from "./rest.ts";

/** Nobody points here: what can be done to a message is found by a button that is always in sight. */
const TOUCHED = globalThis.matchMedia?.("(hover: none)").matches === true;
/** How long words about what was done stay. */
const SAID_MS = 2_500;

/**
 * One button. `key`: the letter that presses it while the keyboard is on the message. What `act`
 * gives, if anything, are words to say of it that is not seen otherwise.
 */
export interface Tool {
  readonly name: string;
  readonly icon: IconName;
  readonly key?: string;
  readonly act: (button: HTMLElement) => Promise<string> | void;
}

interface ToolbarProps {
  tools: () => readonly Tool[];
  /** The keyboard is at the message. */
  current: boolean;
}

/**
 * The buttons; with Tab only those of the message at which the keyboard is. They are most of what a
 * row is made of: one that is scrolled past has none before the log stands still.
 */
export function Toolbar({ tools, current }: ToolbarProps) {
  const stood = useStood();
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (said === "") return;
    const timer = setTimeout(() => setSaid(""), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  if (!stood && !current) return null;
  return (
    <>
      {TOUCHED && (
        <button
          type="button"
          class="more"
          aria-label="More actions"
          tabIndex={-1}
          onClick={({ currentTarget }) => currentTarget.closest("article")?.focus()}
        >
          <Icon name="more" />
        </button>
      )}
      <div class="tools" role="toolbar" aria-label="Message actions">
        {tools().map(({ name, icon, key, act }) => (
          <button
            key={name}
            type="button"
            aria-label={name}
            aria-keyshortcuts={key}
            title={key ? `${name} (${key.toUpperCase()})` : name}
            tabIndex={current ? 0 : -1}
            onClick={(event) => void act(event.currentTarget)?.then(setSaid)}
          >
            <Icon name={icon} />
          </button>
        ))}
        {said !== "" && (
          <span role="status" class="said">
            {said}
          </span>
        )}
      </div>
    </>
  );
}
