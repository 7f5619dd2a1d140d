/** What may be meant by a word that is being written; no markup. */

import { closer, fitting, shortcode } from "../store/emojis.ts";
import { found } from "../store/finding.ts";
import { roomName } from "../store/names.ts";
import type { RoomState } from "../store/room.ts";
import type { State } from "../store/state.ts";
import type { Word } from "../text/completion.ts";

/** A word to be put in place of what was written. `picture`: an emoji before its name. */
export interface Suggestion {
  readonly key: string;
  readonly name: string;
  readonly detail: string;
  readonly picture: string | null;
  readonly put: string;
}

const SHOWN = 8;

/** What fits, the best first; emoji have to be loaded first. */
export async function suggestions(
  word: Word,
  state: State,
  room: RoomState,
): Promise<readonly Suggestion[]> {
  switch (word.sign) {
    case "@":
      return people(word.letters, state, room);
    case "#":
      return rooms(word.letters, state);
    case ":": {
      const { byShortcode } = await import("../emoji/data.ts");
      const custom = fitting(state.emojis, word.letters, SHOWN).map(({ name }) => ({
        emoji: shortcode(name),
        name,
      }));
      return [...custom, ...byShortcode(word.letters, SHOWN)]
        .sort(closer(word.letters.toLowerCase()))
        .slice(0, SHOWN)
        .map(({ emoji, name }) => ({
          key: emoji + name,
          name: shortcode(name),
          detail: "",
          picture: emoji,
          put: emoji,
        }));
    }
  }
}

/** The emoji that a shortcode stands for; null: none, or they can't be loaded now. */
export async function emojiOf({ letters }: Word): Promise<string | null> {
  try {
    const { ofShortcode } = await import("../emoji/data.ts");
    return ofShortcode(letters);
  } catch {
    return null;
  }
}

function people(letters: string, state: State, room: RoomState): readonly Suggestion[] {
  const candidates = [...(room.roster?.members.keys() ?? [])].flatMap((id) => {
    const user = state.users.get(id);
    if (!user || id === state.me.id) return [];
    const { username, display_name } = user;
    return [{ id, names: [display_name, username], weight: 1, username, display_name }];
  });
  return found(letters, [...candidates, ...everybody(room)], SHOWN).map((one) => ({
    key: one.id,
    name: one.display_name,
    detail: `@${one.username}`,
    picture: null,
    put: `@${one.username}`,
  }));
}

/** Those who may call the whole room find that here too. */
function everybody(room: RoomState) {
  const { role, kind } = room.about;
  if (kind === "direct" || (role !== "owner" && role !== "moderator")) return [];
  const call = (username: string, display_name: string) => ({
    id: `@${username}`,
    names: [username],
    weight: 0,
    username,
    display_name,
  });
  return [call("room", "Everybody in this room"), call("here", "Everybody who is online")];
}

function rooms(letters: string, state: State): readonly Suggestion[] {
  const candidates = [...state.rooms.values()]
    .filter(({ about }) => about.name !== null)
    .map(({ about }) => ({
      id: about.id,
      names: [roomName(about)],
      weight: 0,
      topic: about.topic,
    }));
  return found(letters, candidates, SHOWN).map(({ id, names, topic }) => ({
    key: id,
    name: `#${names[0]}`,
    detail: topic,
    picture: null,
    put: `[#${(names[0] ?? "").replace(/[[\]]/g, "")}](${location.origin}/rooms/${id})`,
  }));
}
