/** The list of words that may be meant, above the field: the combobox pattern of a text field. */
import type { RefObject } from "preact";
import { useRef, useState } from "preact/hooks";
import type { RoomState } from "../store/room.ts";
import type { State } from "../store/state.ts";
import {
  codeAt,
  completed,
  replaced,
  type Word,
  type Written,
  wordAt,
} from "../text/completion.ts";
import { Emoji } from "./Emoji.tsx";
import { emojiOf, type Suggestion, suggestions } from "./suggesting.ts";

/** What is suggested, which of it is chosen, and what keys do about it. */
export interface Suggesting {
  readonly shown: readonly Suggestion[];
  readonly chosen: number;
  /** Look at what is written; call it whenever that changed. */
  look(): void;
  /** Whether a key was for the list. */
  pressed(key: string): boolean;
  take(at: number): void;
  close(): void;
}

const NONE: readonly Suggestion[] = [];

/** For one field; `changed` is called after a word was put in. */
export function useSuggestions(
  field: RefObject<HTMLTextAreaElement | null>,
  state: State,
  room: RoomState,
  changed: () => void,
): Suggesting {
  const [shown, setShown] = useState(NONE);
  const [chosen, setChosen] = useState(0);
  const word = useRef<Word | null>(null);
  const turn = useRef(0);

  const close = () => {
    turn.current += 1;
    setShown(NONE);
  };
  const put = (area: HTMLTextAreaElement, next: Written) => {
    area.value = next.text;
    area.setSelectionRange(next.place, next.place);
    changed();
  };
  /** A shortcode that was written to its end is meant, unless one has gone on writing meanwhile. */
  const replace = async (area: HTMLTextAreaElement, code: Word) => {
    const { value, selectionStart } = area;
    const emoji = await emojiOf(code);
    if (emoji === null || area.value !== value || area.selectionStart !== selectionStart) return;
    put(area, replaced(value, code, selectionStart, emoji));
  };
  const look = () => {
    const area = field.current;
    const caret = area?.selectionStart ?? 0;
    const code = area && caret === area.selectionEnd ? codeAt(area.value, caret) : null;
    if (area && code) void replace(area, code);
    const found = area && caret === area.selectionEnd ? wordAt(area.value, caret) : null;
    word.current = found;
    if (!found) return close();
    const asked = ++turn.current;
    void suggestions(found, state, room)
      .catch(() => NONE) // The emoji can't be loaded now: they are not suggested.
      .then((fitting) => {
        if (asked !== turn.current) return;
        setShown(fitting);
        setChosen(0);
      });
  };
  const take = (at: number) => {
    const area = field.current;
    const suggestion = shown[at];
    if (!area || !suggestion || !word.current) return;
    put(area, completed(area.value, word.current, area.selectionStart, suggestion.put));
    close();
  };
  const pressed = (key: string) => {
    if (shown.length === 0) return false;
    if (key === "ArrowDown") setChosen((chosen + 1) % shown.length);
    else if (key === "ArrowUp") setChosen((chosen + shown.length - 1) % shown.length);
    else if (key === "Enter" || key === "Tab") take(chosen);
    else if (key === "Escape") close();
    else return false;
    return true;
  };
  return { shown, chosen, look, pressed, take, close };
}

/** The id of the list, and of one of its options. */
export const LIST_ID = "suggestions";
export const optionId = (at: number): string => `${LIST_ID}-${at}`;

/** The list. */
export function Suggestions({ suggesting }: { suggesting: Suggesting }) {
  const { shown, chosen, take } = suggesting;
  if (shown.length === 0) return null;
  return (
    <div role="listbox" id={LIST_ID} class="suggestions" aria-label="Suggestions">
      {shown.map(({ key, name, detail, picture }, at) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard stays in the field
        <div
          key={key}
          id={optionId(at)}
          role="option"
          aria-selected={at === chosen}
          tabIndex={-1}
          // The field keeps the keyboard.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => take(at)}
        >
          {picture !== null && (
            <span class="picture-text">
              <Emoji emoji={picture} />
            </span>
          )}
          <bdi>{name}</bdi>
          {detail !== "" && <bdi class="muted">{detail}</bdi>}
        </div>
      ))}
    </div>
  );
}
