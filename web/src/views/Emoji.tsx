/** An emoji as it is shown, whether Unicode has it or somebody added it; none is chosen here. */
import type { CustomEmoji } from "parley-sdk";
import { createContext } from "preact";
import { useContext, useEffect } from "preact/hooks";
import { type Emojis, NO_EMOJIS, nameIn, shortcode } from "../store/emojis.ts";
import { useActions } from "./actions.ts";

const Known = createContext<Emojis>(NO_EMOJIS);

/** Gives the custom emoji to the views below. */
export const EmojisProvider = Known.Provider;

/** The custom emoji that are known. */
export function useEmojis(): Emojis {
  return useContext(Known);
}

/** The picture; as high as the text that it stands in. */
export function Picture({ emoji: { name, url, width, height } }: { emoji: CustomEmoji }) {
  const code = shortcode(name);
  return (
    <img class="custom-emoji" src={url} alt={code} title={code} width={width} height={height} />
  );
}

/** The custom emoji of a name; its shortcode where there is none, or none any more. */
export function Named({ name }: { name: string }) {
  const { emojis } = useActions();
  const found = useEmojis().named.get(name);
  const lacks = found === undefined;
  useEffect(() => {
    if (lacks) emojis.missing(name);
  }, [name, lacks]);
  return found ? <Picture emoji={found} /> : shortcode(name);
}

/** What somebody reacted with, or would put in. */
export function Emoji({ emoji }: { emoji: string }) {
  const name = nameIn(emoji);
  return name === null ? emoji : <Named name={name} />;
}
