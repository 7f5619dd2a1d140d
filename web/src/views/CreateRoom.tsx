/** The form that makes a room and opens it. */
import { useRef, useState } from "preact/hooks";
import { useActions } from "./actions.ts";

/** The form; always there, so that it can be filled or pressed first. */
export function CreateRoom() {
  const actions = useActions();
  const name = useRef<HTMLInputElement>(null);
  const isPrivate = useRef<HTMLInputElement>(null);
  const [hint, setHint] = useState("");
  const busy = useRef(false);

  const create = async () => {
    const field = name.current;
    if (!field || busy.current) return;
    const wanted = field.value.trim();
    if (wanted === "") {
      setHint("Give the room a name first.");
      field.focus();
      return;
    }
    busy.current = true;
    setHint("");
    const done = await actions.createRoom(wanted, isPrivate.current?.checked ?? false);
    busy.current = false;
    if (!done) return;
    field.value = "";
    if (isPrivate.current) isPrivate.current.checked = false;
  };

  return (
    <form
      class="create-room"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void create();
      }}
    >
      <label class="field">
        <span>Room name</span>
        <input
          ref={name}
          name="room"
          maxLength={80}
          autocomplete="off"
          aria-describedby="room-name-hint"
          onInput={() => setHint("")}
        />
      </label>
      {hint !== "" && (
        <p id="room-name-hint" class="hint" role="alert">
          {hint}
        </p>
      )}
      <div class="row">
        <label class="check">
          <input ref={isPrivate} type="checkbox" name="private" />
          <span>Private</span>
        </label>
        <button type="submit">Create room</button>
      </div>
    </form>
  );
}
