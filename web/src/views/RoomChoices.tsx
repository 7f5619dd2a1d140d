/** How a person wants to have a room, on all their devices; nobody else learns of it. */
import type { Notify } from "parley-sdk";
import type { RoomState } from "../store/room.ts";
import { useActions } from "./actions.ts";

const LEVELS: readonly (readonly [Notify, string])[] = [
  ["all", "Every message"],
  ["mentions", "When I am mentioned"],
  ["none", "Never"],
];

/** The choices; each counts at once. */
export function RoomChoices({ room: { about } }: { room: RoomState }) {
  const { affairs } = useActions();
  return (
    <div class="form">
      <label class="check">
        <input
          type="checkbox"
          checked={about.favourite}
          onChange={(event) =>
            void affairs.prefer(about.id, { favourite: event.currentTarget.checked })
          }
        />
        <span>Keep among my favourites</span>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={about.muted}
          onChange={(event) =>
            void affairs.prefer(about.id, { muted: event.currentTarget.checked })
          }
        />
        <span>Mute: no badge, no notification</span>
      </label>
      <fieldset class="choices" disabled={about.muted}>
        <legend>Notify me</legend>
        {LEVELS.map(([level, words]) => (
          <label key={level} class="check">
            <input
              type="radio"
              name="notify"
              checked={about.notify === level}
              onChange={() => void affairs.prefer(about.id, { notify: level })}
            />
            <span>{words}</span>
          </label>
        ))}
      </fieldset>
    </div>
  );
}
