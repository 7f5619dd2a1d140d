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
  /** Those who are not to be shown. */
  without: ReadonlySet<string>;
  onChosen: (user: User) => unknown;
}

/** The field, and below it whom it finds, each a button. */
export function PeopleField({
  label,
  placeholder,
  deed = "Add",
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
          placeholder={placeholder}
          value={letters}
          onInput={(event) => setLetters(event.currentTarget.value)}
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
              onClick={() => {
                void onChosen(user);
                setLetters("");
                field.current?.focus();
              }}
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
