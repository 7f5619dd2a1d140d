/** What can be done to one message: there for everybody, in sight for whoever points or tabs to it. */
import { Icon, type IconName } from "./Icon.tsx";
import { useStood } from "./rest.ts";

/** One button. `key`: the letter that presses it while the keyboard is on the message. */
export interface Tool {
  readonly name: string;
  readonly icon: IconName;
  readonly key?: string;
  readonly act: (button: HTMLElement) => void;
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
  if (!stood && !current) return null;
  return (
    <div class="tools" role="toolbar" aria-label="Message actions">
      {tools().map(({ name, icon, key, act }) => (
        <button
          key={name}
          type="button"
          aria-label={name}
          aria-keyshortcuts={key}
          title={key ? `${name} (${key.toUpperCase()})` : name}
          tabIndex={current ? 0 : -1}
          onClick={(event) => act(event.currentTarget)}
        >
          <Icon name={icon} />
        </button>
      ))}
    </div>
  );
}
