/** What can be done to one message: there for everybody, in sight for whoever points or tabs to it. */
import { Icon, type IconName } from "./Icon.tsx";

/** One button. `key`: the letter that presses it while the keyboard is on the message. */
export interface Tool {
  readonly name: string;
  readonly icon: IconName;
  readonly key?: string;
  readonly act: (button: HTMLElement) => void;
}

/** The buttons; with Tab only those of the message at which the keyboard is. */
export function Toolbar({ tools, current }: { tools: readonly Tool[]; current: boolean }) {
  return (
    <div class="tools" role="toolbar" aria-label="Message actions">
      {tools.map(({ name, icon, key, act }) => (
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
