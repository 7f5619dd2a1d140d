/** Who felt what about a message: each emoji a button that adds one's own, or takes it away. */
import type { Reaction } from "parley-sdk";
import { useState } from "preact/hooks";
import type { Shown } from "../store/message.ts";
import { useActions } from "./actions.ts";
import { Emoji } from "./Emoji.tsx";

interface ReactionsProps {
  message: Shown;
  room: string;
  /** The keyboard is at the message. */
  current: boolean;
}

/** The list. Who it was is asked for when somebody points at it. */
export function Reactions({ message, room, current }: ReactionsProps) {
  return (
    <ul class="reactions" aria-label="Reactions">
      {message.reactions.map((one) => (
        <li key={one.emoji}>
          <ReactionButton reaction={one} seq={message.seq} room={room} current={current} />
        </li>
      ))}
    </ul>
  );
}

interface ButtonProps {
  reaction: Reaction;
  seq: number;
  room: string;
  current: boolean;
}

function ReactionButton({ reaction: { emoji, count, me }, seq, room, current }: ButtonProps) {
  const { talk } = useActions();
  const [who, setWho] = useState<{ words: string; count: number } | null>(null);
  const ask = async () => {
    if (who?.count === count) return;
    const words = whoWords(await talk.reactors(room, seq, emoji), count);
    setWho({ words, count });
  };
  const shown = who?.count === count ? who.words : "";
  return (
    <button
      type="button"
      class={me ? "mine" : ""}
      aria-pressed={me}
      aria-label={`${emoji} ${count}`}
      aria-description={shown || undefined}
      title={shown || undefined}
      tabIndex={current ? 0 : -1}
      onPointerEnter={() => void ask()}
      onFocus={() => void ask()}
      onClick={() => void talk.react(room, seq, emoji, !me)}
    >
      <span>
        <Emoji emoji={emoji} />
      </span>{" "}
      {count}
    </button>
  );
}

/** The names of those who are known to have done so. */
function whoWords(names: readonly string[], count: number): string {
  if (names.length === 0) return "";
  const others = count - names.length;
  if (others > 0) return `${names.join(", ")} and ${others} more`;
  return new Intl.ListFormat("en").format(names);
}
