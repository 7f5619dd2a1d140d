/** Where one writes: Enter sends, Shift and Enter begins a line; what is written stays a draft. */
import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useActions } from "./actions.ts";
import type { Aim } from "./aim.ts";
import { Icon } from "./Icon.tsx";
import { lineOf } from "./quote.ts";

const encoder = new TextEncoder();
/** From this share of the limit on, what is left is shown. */
const NEAR = 0.8;

interface ComposerProps {
  room: string;
  name: string;
  /** The longest text taken. */
  bytes: number;
  aim: Aim;
  /** It was said, or is not to be said any more. */
  onDone: () => void;
  field: RefObject<HTMLTextAreaElement | null>;
}

/** The field and its button; a new one for each room. */
export function Composer({ room, name, bytes, aim, onDone, field }: ComposerProps) {
  const actions = useActions();
  const [length, setLength] = useState(() => encoder.encode(actions.draft(room)).length);

  const [refused, setRefused] = useState(false);

  const changed = () => {
    setRefused(false);
    const text = field.current?.value ?? "";
    setLength(encoder.encode(text).length);
    actions.drafted(room, text);
    if (field.current) grow(field.current);
  };

  useEffect(() => {
    const area = field.current;
    if (!area) return;
    area.value = actions.draft(room);
    grow(area);
    // On a phone the keyboard would cover half of what one came to read.
    if (matchMedia("(hover: hover)").matches && !busyElsewhere()) area.focus();
  }, []);

  const send = () => {
    const area = field.current;
    if (!area) return;
    const text = area.value.trimEnd();
    const tooLong = encoder.encode(text).length > bytes;
    if (text === "" || tooLong) {
      setRefused(tooLong);
      area.focus();
      return;
    }
    area.value = "";
    changed();
    actions.send(room, text, aim.kind === "reply" ? aim.message.seq : null);
    onDone();
    area.focus();
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {aim.kind !== "say" && <AimLine aim={aim} onCancel={onDone} />}
      <textarea
        ref={field}
        rows={1}
        aria-label="Message"
        aria-describedby="message-length"
        aria-invalid={length > bytes}
        placeholder={`Write to ${name}`}
        dir="auto"
        onInput={changed}
        onKeyDown={(event) => {
          if (event.key === "Escape" && aim.kind !== "say") onDone();
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          send();
        }}
      />
      <button type="submit" class="primary">
        Send
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
    </form>
  );
}

/** What the text answers, and the way to let that be. */
function AimLine({ aim, onCancel }: { aim: Exclude<Aim, { kind: "say" }>; onCancel: () => void }) {
  const { sender_name, text } = aim.message;
  return (
    <p class="aim">
      <span class="words">
        Replying to <bdi>{sender_name}</bdi>
        <span class="muted" dir="auto">
          {" "}
          {lineOf(text)}
        </span>
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
