/** What others may learn of one, who may write to one, and who is blocked. */
import type { DirectFrom, OwnSettings, SettingsPatch } from "parley-sdk";
import { useState } from "preact/hooks";
import { userName } from "../store/names.ts";
import type { State } from "../store/state.ts";
import { Avatar } from "./Avatar.tsx";
import { useActions } from "./actions.ts";
import { PeopleField } from "./PeopleField.tsx";
import { useAnswer, Waiting } from "./Waiting.tsx";

const FROM: readonly (readonly [DirectFrom, string])[] = [
  ["all", "Everybody"],
  ["shared", "People who share a room with me"],
  ["nobody", "Nobody"],
];

/** The choices, for all one's devices; each counts at once. */
export function Privacy({ state: { me, greeted, users, blocked } }: { state: State }) {
  const { account } = useActions();
  const { value, failed, again } = useAnswer(() => account.settings(), greeted);
  const [settled, setSettled] = useState<OwnSettings | null>(null);
  const settings = settled ?? value;
  const choose = async (change: SettingsPatch) => {
    const now = await account.settle(change);
    if (now) setSettled(now);
  };
  if (!settings) return <Waiting failed={failed} again={again} />;
  return (
    <>
      <div class="form">
        <label class="check">
          <input
            type="checkbox"
            checked={settings.receipts}
            onChange={(event) => void choose({ receipts: event.currentTarget.checked })}
          />
          <span>Show others how far I have read</span>
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={settings.presence}
            onChange={(event) => void choose({ presence: event.currentTarget.checked })}
          />
          <span>Show others whether I am here, and when I was last</span>
        </label>
        <fieldset class="choices">
          <legend>Who may start a conversation with me</legend>
          {FROM.map(([from, words]) => (
            <label key={from} class="check">
              <input
                type="radio"
                name="direct"
                checked={settings.direct === from}
                onChange={() => void choose({ direct: from })}
              />
              <span>{words}</span>
            </label>
          ))}
        </fieldset>
      </div>
      <div class="form">
        <h3>Blocked people</h3>
        <PeopleField
          label="Block somebody"
          placeholder="Name or username"
          deed="Block"
          without={new Set([me.id, ...blocked])}
          onChosen={(user) => account.block(user)}
        />
        {blocked.size === 0 && <p class="muted">You have blocked nobody.</p>}
        <ul class="people" aria-label="Blocked people">
          {[...blocked].map((id) => (
            <li key={id}>
              <Avatar id={id} name={userName(users, id)} />
              <div class="who">
                <bdi class="name">{userName(users, id)}</bdi>
                <bdi class="muted">@{users.get(id)?.username}</bdi>
              </div>
              <button
                type="button"
                aria-label={`Unblock ${userName(users, id)}`}
                onClick={() => void account.unblock(id)}
              >
                Unblock
              </button>
            </li>
          ))}
        </ul>
      </div>
    </>
  );
}
