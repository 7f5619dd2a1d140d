/** The panel of all emoji, to search and choose from; loaded when it is first opened. */
import { EmojiPicker, type SkinTone, useSkinTone } from "frimousse";
import { useEffect, useRef, useState } from "preact/hooks";
import { nameIn } from "../store/emojis.ts";
import { useActions } from "../views/actions.ts";
import { Emoji, useEmojis } from "../views/Emoji.tsx";
import { pickerData } from "./data.ts";
import { recents, tone, toned, used } from "./recents.ts";

const COLUMNS = 8;

/** The panel; the field to search in has the keyboard. */
export default function Panel({ onPick }: { onPick: (emoji: string) => void }) {
  const search = useRef<HTMLInputElement>(null);
  const [skin, setSkin] = useState(() => tone() as SkinTone);
  const [letters, setLetters] = useState("");
  const { emojis } = useActions();
  const { named } = useEmojis();
  /** One that was removed since is not to be picked again. */
  const there = (emoji: string) => {
    const name = nameIn(emoji);
    return name === null || named.has(name);
  };
  useEffect(() => search.current?.focus(), []);
  const pick = (emoji: string) => {
    used(emoji);
    onPick(emoji);
  };
  return (
    <EmojiPicker.Root
      class="emoji-panel"
      columns={COLUMNS}
      skinTone={skin}
      resolveEmojiData={async () => pickerData([...(await emojis.choosing()).named.values()])}
      onEmojiSelect={({ emoji }) => pick(emoji)}
    >
      <div class="emoji-top">
        <EmojiPicker.Search
          ref={search}
          aria-label="Search emoji"
          placeholder="Search emoji"
          value={letters}
          onChange={(event) => setLetters(event.currentTarget.value)}
        />
        <Tones
          skin={skin}
          onChoose={(chosen) => {
            toned(chosen);
            setSkin(chosen);
          }}
        />
      </div>
      {letters === "" && (
        <div class="emoji-recents" role="toolbar" aria-label="Used last">
          {recents()
            .filter(there)
            .slice(0, COLUMNS)
            .map((emoji) => (
              <button key={emoji} type="button" class="emoji" onClick={() => pick(emoji)}>
                <Emoji emoji={emoji} />
              </button>
            ))}
        </div>
      )}
      <EmojiPicker.Viewport class="emoji-viewport">
        <EmojiPicker.Loading>
          <p class="muted">Loading…</p>
        </EmojiPicker.Loading>
        <EmojiPicker.Empty>
          <p class="muted">No emoji of that name.</p>
        </EmojiPicker.Empty>
        <EmojiPicker.List
          class="emoji-list"
          components={{
            CategoryHeader: ({ category, ...props }) => (
              <div {...props} class="emoji-group">
                {category.label}
              </div>
            ),
            Row: ({ children, ...props }) => (
              <div {...props} class="emoji-row">
                {children}
              </div>
            ),
            Emoji: ({ emoji, ...props }) => (
              <button {...props} type="button" class="emoji" title={emoji.label}>
                <Emoji emoji={emoji.emoji} />
              </button>
            ),
          }}
        />
      </EmojiPicker.Viewport>
    </EmojiPicker.Root>
  );
}

function Tones({ skin, onChoose }: { skin: SkinTone; onChoose: (tone: SkinTone) => void }) {
  const [, , variations] = useSkinTone("✋");
  return (
    <select
      aria-label="Skin tone"
      value={skin}
      onChange={(event) => onChoose(event.currentTarget.value as SkinTone)}
    >
      {variations.map(({ skinTone, emoji }) => (
        <option key={skinTone} value={skinTone} aria-label={skinTone}>
          {emoji}
        </option>
      ))}
    </select>
  );
}
