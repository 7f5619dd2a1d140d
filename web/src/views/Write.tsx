/** Whom to write to: one person, or a few who then have a room between them. */
import type { User } from "parley-sdk";
import { useRef, useState } from "preact/hooks";
import type { State } from "../store/state.ts";
import { Avatar } from "./Avatar.tsx";
import { useActions } from "./actions.ts";
import { Dialog } from "./Dialog.tsx";
import { Icon } from "./Icon.tsx";
import { Notices } from "./Notices.tsx";
import { PeopleField } from "./PeopleField.tsx";

/** Others in a direct room at most (protocol.md §8: 2 to 8 people). */
const MOST = 7;

/** The dialog: those chosen so far, a field that finds more, and the way into their room. */
export function Write({ state: { me, notices } }: { state: State }) {
  const actions = useActions();
  const [people, setPeople] = useState<readonly User[]>([]);
  const busy = useRef(false);
  const write = async () => {
    if (busy.current) return;
    busy.current = true;
    const room = await actions.affairs.direct(people.map(({ id }) => id));
    busy.current = false;
    // Going there ends the dialog.
    if (room !== null) actions.go({ page: "room", room });
  };
  const without = (user: User) => setPeople(people.filter(({ id }) => id !== user.id));
  return (
    <Dialog title="Write to people" class="write" onClose={() => actions.show(null)}>
      <Notices notices={notices} />
      <form
        class="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (people.length > 0) void write();
        }}
      >
        {people.length > 0 && (
          <ul class="chosen" aria-label="Chosen people">
            {people.map((user) => (
              <li key={user.id}>
                <Avatar id={user.id} name={user.display_name} />
                <bdi>{user.display_name}</bdi>
                <button
                  type="button"
                  class="quiet icon"
                  aria-label={`Leave out ${user.display_name}`}
                  onClick={() => without(user)}
                >
                  <Icon name="close" />
                </button>
              </li>
            ))}
          </ul>
        )}
        {people.length < MOST && (
          <PeopleField
            label={people.length > 0 ? "And to whom else?" : "To whom?"}
            placeholder="Name or username"
            deed="Choose"
            eager
            without={new Set([me.id, ...people.map(({ id }) => id)])}
            onChosen={(user) => setPeople([...people, user])}
          />
        )}
        {people.length > 0 && (
          <div class="dialog-end">
            <button type="submit" class="primary">
              {people.length > 1 ? "Write to them all" : "Write to them"}
            </button>
          </div>
        )}
      </form>
    </Dialog>
  );
}
