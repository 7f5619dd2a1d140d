/** A field that finds people by a few letters of their name, to choose one after the other. */
import type { User } from "parley-sdk";
import { useEffect, useRef, useState } from "preact/hooks";
import { Avatar } from "./Avatar.tsx";
import { useActions } from "./actions.ts";

const PAUSE_MS = 200;

interface PeopleFieldProps {
  label: string;
  placeholder: string;
  /** What the button beside somebody says. */
  deed?: string;
  /** It is what its dialog is for: the keyboard begins there, and Enter chooses the first found. */
  eager?: boolean;
  /** Those who are not to be shown. */
  without: ReadonlySet<string>;
  onChosen: (user: User) => unknown;
}

/** The field, and below it whom it finds, each a button. */
export function PeopleField({
  label,
  placeholder,
  deed = "Add",
  eager = false,
  without,
  onChosen,
}: PeopleFieldProps) {
  const actions = useActions();
  const field = useRef<HTMLInputElement>(null);
  const [letters, setLetters] = useState("");
  const [people, setPeople] = useState<readonly User[] | null>(null);
  useEffect(() => {
    setPeople(null);
    const wanted = letters.trim().replace(/^@/, "");
    if (wanted === "") return;
    let over = false;
    const timer = setTimeout(async () => {
      const found = await actions.affairs.people(wanted);
      if (!over) setPeople(found);
    }, PAUSE_MS);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [letters]);
  const shown = people?.filter(({ id }) => !without.has(id));
  const choose = (user: User) => {
    void onChosen(user);
    setLetters("");
    field.current?.focus();
  };
  return (
    <div class="people-field">
      <label class="field">
        <span>{label}</span>
        <input
          ref={field}
          type="search"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          dir="auto"
          autofocus={eager}
          placeholder={placeholder}
          value={letters}
          onInput={(event) => setLetters(event.currentTarget.value)}
          onKeyDown={(event) => {
            // With nothing in it Enter is the form's.
            if (!eager || event.key !== "Enter" || event.isComposing || letters === "") return;
            event.preventDefault();
            if (shown?.[0]) choose(shown[0]);
          }}
        />
      </label>
      <ul class="people" aria-label="People found">
        {shown?.map((user) => (
          <li key={user.id}>
            <Avatar id={user.id} name={user.display_name} />
            <div class="who">
              <bdi class="name">{user.display_name}</bdi>
              <bdi class="muted">@{user.username}</bdi>
            </div>
            <button
              type="button"
              aria-label={`${deed} ${user.display_name}`}
              onClick={() => choose(user)}
            >
              {deed}
            </button>
          </li>
        ))}
      </ul>
      <p role="status" class="muted">
        {shown?.length === 0 ? "Nobody else is called that." : ""}
      </p>
    </div>
  );
}
