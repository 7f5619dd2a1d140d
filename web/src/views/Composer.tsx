/**
 * Where one writes: Enter sends, Shift and Enter begins a line; what is written stays a draft. The
 * same field answers a message, or words one's own anew.
 */
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Shown } from "../store/message.ts";
import { roomName } from "../store/names.ts";
import type { RoomState } from "../store/room.ts";
import type { State } from "../store/state.ts";
import { asWord } from "../text/completion.ts";
import { marked, markOf } from "../text/marking.ts";
import { lineOf } from "../text/plain.ts";
import { useActions } from "./actions.ts";
import type { Aim } from "./aim.ts";
import type { Picking } from "./EmojiPopup.tsx";
import { Icon } from "./Icon.tsx";
import { COMMAND } from "./Keyboard.tsx";
import { LIST_ID, optionId, Suggestions, useSuggestions } from "./Suggestions.tsx";
import { Uploads } from "./Uploads.tsx";
import { TOO_MANY, useUploads } from "./useUploads.ts";

const encoder = new TextEncoder();
/** From this share of the limit on, what is left is shown. */
const NEAR = 0.8;

interface ComposerProps {
  state: State;
  room: RoomState;
  aim: Aim;
  /** It was said, or is not to be said any more. */
  onDone: () => void;
  /** Up, in an empty field: word the last one anew. */
  onEditLast: () => void;
  onPickEmoji: (picking: Picking) => void;
  field: RefObject<HTMLTextAreaElement | null>;
}

/** The field and its buttons; a new one for each room. */
export function Composer(props: ComposerProps) {
  const { state, room, aim, onDone, onEditLast, onPickEmoji, field } = props;
  const actions = useActions();
  const { id } = room.about;
  const bytes = state.textBytes;
  const [length, setLength] = useState(() => encoder.encode(actions.draft(id)).length);
  const [refused, setRefused] = useState(false);
  const [waiting, setWaiting] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const adding = useUploads(id, aim.kind !== "edit");
  const { uploads } = adding;
  const busy = useRef(false);

  const shows = () => {
    setRefused(false);
    setLength(encoder.encode(field.current?.value ?? "").length);
    if (field.current) grow(field.current);
  };
  const changed = () => {
    shows();
    // Whoever writes on is not done: it goes out when they say so again.
    setWaiting(false);
    // Another wording of what was said is no draft of what will be.
    if (aim.kind !== "edit") actions.drafted(id, field.current?.value ?? "");
  };
  const suggesting = useSuggestions(field, state, room, changed);
  const put = (text: string) => {
    const area = field.current;
    if (!area) return;
    area.value = text;
    shows();
  };
  useEffect(() => {
    put(actions.draft(id));
    // On a phone the keyboard would cover half of what one came to read.
    if (matchMedia("(hover: hover)").matches && !busyElsewhere()) field.current?.focus();
  }, []);
  const former = useRef(aim);
  useEffect(() => {
    if (aim.kind === "edit") put(aim.message.text);
    else if (former.current.kind === "edit") put(actions.draft(id));
    if (aim !== former.current) field.current?.focus();
    former.current = aim;
  }, [aim]);

  const send = () => {
    const area = field.current;
    if (!area) return;
    const text = area.value.trimEnd();
    const tooLong = encoder.encode(text).length > bytes;
    area.focus();
    const withFiles = uploads.length > 0 && aim.kind !== "edit";
    if ((text === "" && !withFiles) || tooLong) {
      setRefused(tooLong);
      return;
    }
    setWaiting(withFiles && adding.unready);
    if (withFiles && adding.unready) return;
    suggesting.close();
    if (aim.kind === "edit") {
      void reword(aim.message, text);
      return;
    }
    area.value = "";
    changed();
    const reply_to = aim.kind === "reply" ? aim.message.seq : null;
    actions.send(id, text, reply_to, actions.files.take(id));
    onDone();
  };
  // What was to be sent goes out by itself with the last of its files.
  useEffect(() => {
    if (waiting && !adding.unready && aim.kind !== "edit") send();
  }, [waiting, adding.unready]);
  /** What can't be changed now stays in the field, to be tried again. */
  const reword = async ({ seq, text: before }: Shown, text: string) => {
    if (busy.current) return;
    busy.current = true;
    const done = text === before || (await actions.talk.edit(id, seq, text));
    busy.current = false;
    if (done) onDone();
  };
  const insert = (emoji: string) => {
    const area = field.current;
    if (!area) return;
    const before = area.value.slice(0, area.selectionStart);
    area.setRangeText(asWord(emoji, before), area.selectionStart, area.selectionEnd, "end");
    area.focus();
    changed();
  };
  /** Make what is selected bold, or whatever the letter stands for. */
  const marks = (key: string): boolean => {
    const area = field.current;
    const mark = markOf(key);
    if (!area || mark === null) return false;
    const { value: text, selectionStart: from, selectionEnd: to } = area;
    const next = marked({ text, from, to }, mark);
    area.value = next.text;
    area.setSelectionRange(next.from, next.to);
    changed();
    return true;
  };
  const pressed = (event: KeyboardEvent) => {
    // With Ctrl a Mac moves the caret.
    const isCommand = COMMAND === "Ctrl" ? event.ctrlKey : event.metaKey;
    const isAlone = !event.altKey && !event.shiftKey && !event.isComposing;
    if (isCommand && isAlone && marks(event.key)) event.preventDefault();
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const { key, shiftKey } = event;
    if (!shiftKey && suggesting.pressed(key)) event.preventDefault();
    else if (key === "Escape" && aim.kind !== "say") onDone();
    else if (key === "ArrowUp" && field.current?.value === "" && aim.kind === "say") onEditLast();
    else if (key === "Enter" && !shiftKey) send();
    else return;
    event.preventDefault();
  };
  const { shown, chosen } = suggesting;

  return (
    <form
      class={adding.dropping ? "composer dropping" : "composer"}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Suggestions suggesting={suggesting} />
      {aim.kind !== "edit" && <Uploads room={id} uploads={uploads} />}
      {aim.kind !== "say" && <AimLine aim={aim} onCancel={onDone} />}
      <div class="field-frame">
        <textarea
          ref={field}
          rows={1}
          aria-label="Message"
          aria-describedby="message-length"
          aria-invalid={length > bytes}
          aria-autocomplete="list"
          aria-controls={shown.length > 0 ? LIST_ID : undefined}
          aria-activedescendant={shown.length > 0 ? optionId(chosen) : undefined}
          placeholder={`Write to ${roomName(room.about)}`}
          dir="auto"
          onInput={() => {
            changed();
            suggesting.look();
          }}
          onKeyDown={pressed}
          onBlur={suggesting.close}
          onPaste={(event) => {
            const files = event.clipboardData?.files;
            if (!files?.length) return;
            // A picture of the text that is copied with it is not meant.
            if (event.clipboardData?.types.includes("text/plain")) return;
            event.preventDefault();
            adding.add(files);
          }}
        />
        {aim.kind !== "edit" && (
          <>
            <input
              ref={chooser}
              type="file"
              multiple
              hidden
              onChange={({ currentTarget }) => {
                adding.add(currentTarget.files ?? []);
                currentTarget.value = "";
              }}
            />
            <button
              type="button"
              class="quiet icon attach"
              aria-label="Attach file"
              title="Attach file"
              onClick={() => chooser.current?.click()}
            >
              <Icon name="clip" />
            </button>
          </>
        )}
        <button
          type="button"
          class="quiet icon"
          aria-label="Emoji"
          title="Emoji"
          aria-haspopup="dialog"
          onClick={(event) => onPickEmoji({ anchor: event.currentTarget, pick: insert })}
        >
          <Icon name="smile" />
        </button>
      </div>
      <button type="submit" class="primary">
        {aim.kind === "edit" ? "Save" : "Send"}
      </button>
      {/* Quiet while one writes; an alert once one tried to send it all the same. */}
      <p
        key={refused ? "refused" : "counted"}
        id="message-length"
        class={length > bytes ? "length too-long" : "length"}
        role={refused ? "alert" : undefined}
      >
        {lengthWords(length, bytes)}
      </p>
      {adding.tooMany && (
        <p class="length" role="alert">
          {TOO_MANY}
        </p>
      )}
      {waiting && adding.unready && (
        <p class="length" role="alert">
          Not every file is uploaded yet: the message goes out once they are. Remove what does not
          get through.
        </p>
      )}
    </form>
  );
}

/** What the text is for, and the way to let that be. */
function AimLine({ aim, onCancel }: { aim: Exclude<Aim, { kind: "say" }>; onCancel: () => void }) {
  const { sender_name, text } = aim.message;
  return (
    <p class="aim">
      <span class="words">
        {aim.kind === "edit" ? (
          "Editing your message"
        ) : (
          <>
            Replying to <bdi>{sender_name}</bdi>
            <span class="muted" dir="auto">
              {" "}
              {lineOf(text)}
            </span>
          </>
        )}
      </span>
      <button type="button" class="quiet icon" aria-label="Cancel" onClick={onCancel}>
        <Icon name="close" />
      </button>
    </p>
  );
}

function lengthWords(length: number, bytes: number): string {
  if (length > bytes) return `Too long by ${counted(length - bytes)}`;
  return length > bytes * NEAR ? `${counted(bytes - length)} left` : "";
}

function counted(bytes: number): string {
  return bytes === 1 ? "1 byte" : `${bytes.toLocaleString("en")} bytes`;
}

/** Make the field as high as its text; the style sheet bounds it. */
function grow(area: HTMLTextAreaElement): void {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + area.offsetHeight - area.clientHeight}px`;
}

/** Whether somebody is writing into another field, which is not to be taken from them. */
function busyElsewhere(): boolean {
  const { activeElement } = document;
  return activeElement instanceof HTMLInputElement && activeElement.value !== "";
}
