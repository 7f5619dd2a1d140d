/** The custom emoji of this place, for those who may add some: the list, and the form. */
import { type CustomEmoji, LIMITS } from "parley-sdk";
import { useEffect, useRef, useState } from "preact/hooks";
import { nameFor, shortcode } from "../store/emojis.ts";
import { userName } from "../store/names.ts";
import type { State } from "../store/state.ts";
import { sizeWords } from "../words.ts";
import { useActions } from "./actions.ts";
import { Confirm } from "./Confirm.tsx";
import { Picture } from "./Emoji.tsx";

const TYPES = "image/png,image/webp,image/gif,image/jpeg";

/** Whether one may add some; false while that is not known. `admin`: whether any may be removed. */
export function useMayAdd({ emojis: { may_add }, greeted }: State): {
  readonly may: boolean;
  readonly admin: boolean;
} {
  const { collecting, emojis } = useActions();
  const [admin, setAdmin] = useState(false);
  useEffect(() => {
    if (!greeted) return;
    void emojis.choosing();
    void collecting.isAdmin().then(setAdmin);
  }, [greeted]);
  return { may: may_add === "everyone" || (may_add === "admins" && admin), admin };
}

/** Both. `admin`: one may remove what others added. */
export function EmojiSettings({ state, admin }: { state: State; admin: boolean }) {
  const { collecting } = useActions();
  const { named } = state.emojis;
  useEffect(() => void collecting.learnAdders(), [named]);
  return (
    <>
      <Adding />
      <div class="form">
        <h3>Custom emoji</h3>
        <p class="muted">
          {named.size === 0
            ? "There are none yet."
            : "Everybody here can use them. Messages and reactions keep the name of one that is removed."}
        </p>
        <ul class="people emoji-list" aria-label="Custom emoji">
          {[...named.values()].map((one) => (
            <Added
              key={one.name}
              emoji={one}
              by={userName(state.users, one.added_by)}
              removable={admin || one.added_by === state.me.id}
            />
          ))}
        </ul>
      </div>
    </>
  );
}

interface AddedProps {
  emoji: CustomEmoji;
  by: string;
  removable: boolean;
}

function Added({ emoji, by, removable }: AddedProps) {
  const { collecting } = useActions();
  const code = shortcode(emoji.name);
  return (
    <li>
      <span class="shown">
        <Picture emoji={emoji} />
      </span>
      <div class="who">
        <span class="name">{code}</span>
        <span class="muted">
          Added by <bdi>{by}</bdi>
        </span>
      </div>
      {removable && (
        <Confirm
          ask={`Remove ${code}`}
          warning={`Nobody can use ${code} any more.`}
          sure="Remove it"
          onSure={() => collecting.remove(emoji.name)}
        />
      )}
    </li>
  );
}

function Adding() {
  const { collecting } = useActions();
  const picture = useRef<HTMLInputElement>(null);
  const name = useRef<HTMLInputElement>(null);
  const busy = useRef(false);
  const [said, setSaid] = useState("");
  const add = async () => {
    const file = picture.current?.files?.[0];
    const wanted = name.current?.value.trim().replace(/^:|:$/g, "") ?? "";
    if (!file || wanted === "") {
      setSaid(file ? "Type a name." : "Choose a picture.");
      (file ? name : picture).current?.focus();
      return;
    }
    if (file.size > LIMITS.CUSTOM_EMOJI_BYTES) {
      setSaid(`A picture has at most ${sizeWords(LIMITS.CUSTOM_EMOJI_BYTES)}.`);
      return;
    }
    if (busy.current) return;
    busy.current = true;
    setSaid("Adding…");
    const added = await collecting.add(wanted, file);
    busy.current = false;
    setSaid(added ? `${shortcode(wanted)} is there.` : "");
    if (!added) return;
    for (const field of [picture, name]) if (field.current) field.current.value = "";
  };
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <h3>Add an emoji</h3>
      <p class="muted">
        A PNG, WebP, GIF or JPEG. It is shown at most {LIMITS.CUSTOM_EMOJI_EDGE} pixels large; a
        square one looks best.
      </p>
      <label class="field">
        <span>Picture</span>
        <input
          ref={picture}
          type="file"
          accept={TYPES}
          onChange={({ currentTarget: { files } }) => {
            setSaid("");
            if (name.current?.value === "") name.current.value = nameFor(files?.[0]?.name ?? "");
          }}
        />
      </label>
      <label class="field">
        <span>Name</span>
        <input
          ref={name}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          maxLength={34}
          placeholder="party_parrot"
          onInput={() => setSaid("")}
        />
      </label>
      <div class="row">
        <button type="submit" class="primary">
          Add emoji
        </button>
        <span role="status" class="muted">
          {said}
        </span>
      </div>
    </form>
  );
}
