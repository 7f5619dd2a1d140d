/** A face for somebody, or a room, that has no picture: initials on a colour of their own. */

/** The circle. `id` gives the colour: it stays when the name changes. */
export function Avatar({ id, name, status }: { id: string; name: string; status?: string }) {
  return (
    <span class={`face hue-${hueOf(id)}`} aria-hidden="true">
      {initials(name)}
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
