/** A face for somebody: their picture, else initials on a colour of their own. */
import { useEffect, useState } from "preact/hooks";
import { useActions } from "./actions.ts";
import { Pictured } from "./Pictured.tsx";

/** The circle. `id` gives the colour: it stays when the name changes. */
export function Avatar({ id, name, status }: { id: string; name: string; status?: string }) {
  const { faces } = useActions();
  const [picture, setPicture] = useState(() => faces.of(id));
  useEffect(() => {
    const look = () => setPicture(faces.of(id));
    look();
    return faces.follow(id, look);
  }, [faces, id]);
  return (
    <span class={`face hue-${hueOf(id)}`} aria-hidden="true">
      {picture === null ? (
        initials(name)
      ) : (
        <Pictured
          key={picture}
          src={`/v1/media/avatars/${picture}`}
          onBroken={() => faces.failed(id)}
        >
          {initials(name)}
        </Pictured>
      )}
      {status !== undefined && <span class={`dot ${status}`} />}
    </span>
  );
}

/** One or two letters that stand for a name. */
export function initials(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words;
  return letters.map((word) => [...(word ?? "")][0]?.toUpperCase() ?? "").join("") || "?";
}

/** The colour of somebody, by their id; the style sheet has as many. */
export function hueOf(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return sum % 8;
}
