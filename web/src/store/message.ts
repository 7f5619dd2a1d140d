/** One message as it is shown, and what later events do to it; not where it stands in a log. */
import type {
  LogEvent,
  Message,
  MessageDeleted,
  MessageEdited,
  MessagePinned,
  MessagePreview,
  MessageSent,
  MessageUnpinned,
  Quote,
  ReactionAdded,
  ReactionRemoved,
  Seq,
} from "parley-sdk";
import { LIMITS } from "parley-sdk";

/** A message with the log up to `as_of` applied: no event up to there may be applied again. */
export type Shown = Message & { readonly as_of: Seq };

/** An event that changes an earlier message. */
export type Change =
  | MessageEdited
  | MessageDeleted
  | MessagePreview
  | ReactionAdded
  | ReactionRemoved
  | MessagePinned
  | MessageUnpinned;

/** How much of an answered message is quoted. */
const QUOTED: number = LIMITS.QUOTE_CHARACTERS;

/** Say whether an event changes an earlier message. */
export function isChange(event: LogEvent): event is Change {
  return (
    event.type === "message.edited" ||
    event.type === "message.deleted" ||
    event.type === "message.preview" ||
    event.type === "reaction.added" ||
    event.type === "reaction.removed" ||
    event.type === "message.pinned" ||
    event.type === "message.unpinned"
  );
}

/** The message that an event brings. */
export function fromEvent(event: MessageSent): Shown {
  const { type: _, ...message } = event;
  return { ...message, reactions: [], as_of: event.seq };
}

/** Say whether an event is about the message, or about the one it answers. */
export function concerns(message: Shown, change: Change): boolean {
  return message.seq === change.target || message.quote?.seq === change.target;
}

/** The message after an event that concerns it; unchanged by one it has in it already. */
export function changed(message: Shown, change: Change, me: string): Shown {
  return message.seq === change.target
    ? changedItself(message, change, me)
    : requoted(message, change);
}

function changedItself(message: Shown, change: Change, me: string): Shown {
  if (change.seq <= message.as_of) return message;
  const later = { ...message, as_of: change.seq };
  // Of a deleted one nothing comes back, though what was done before is replayed.
  if (message.deleted) return later;
  switch (change.type) {
    case "message.edited":
      return {
        ...later,
        text: change.text,
        mentions: change.mentions,
        everyone: change.everyone === true,
        edited_ms: change.ts,
      };
    case "message.deleted":
      return gone(later);
    case "message.preview":
      return change.previews.length > 0
        ? { ...later, previews: change.previews }
        : without(later, "previews");
    case "message.pinned":
      return { ...later, pinned: true };
    case "message.unpinned":
      return without(later, "pinned");
    case "reaction.added":
      return { ...later, reactions: added(message, change.emoji, change.by === me) };
    case "reaction.removed":
      return { ...later, reactions: removed(message, change.emoji, change.by === me) };
  }
}

/** The message after an event about the one it answers; the same event again changes nothing. */
function requoted(message: Shown, change: Change): Shown {
  const { quote } = message;
  if (quote?.seq !== change.target || quote.deleted) return message;
  if (change.type === "message.deleted") {
    return { ...message, quote: { ...quote, text: "", deleted: true } };
  }
  if (change.type !== "message.edited") return message;
  return { ...message, quote: { ...quote, text: beginning(change.text) } };
}

/** What a message that answers this one quotes of it. */
export function quoting({ seq, sender, sender_name, text, deleted }: Shown): Quote {
  const quote = { seq, sender, sender_name, text: beginning(text) };
  return deleted ? { ...quote, deleted } : quote;
}

function beginning(text: string): string {
  // By characters, as the server counts: half of one would be shown as none.
  return text.length <= QUOTED ? text : [...text].slice(0, QUOTED).join("");
}

function gone(message: Shown): Shown {
  const { edited_ms: _, pinned: __, quote: ___, previews: ____, ...left } = message;
  return {
    ...left,
    text: "",
    attachments: [],
    mentions: [],
    everyone: false,
    reactions: [],
    deleted: true,
  };
}

function without(message: Shown, field: "pinned" | "previews"): Shown {
  const { [field]: _, ...left } = message;
  return left;
}

function added(message: Shown, emoji: string, mine: boolean): Message["reactions"] {
  if (!message.reactions.some((one) => one.emoji === emoji)) {
    return [...message.reactions, { emoji, count: 1, me: mine }];
  }
  return message.reactions.map((one) =>
    one.emoji === emoji ? { emoji, count: one.count + 1, me: one.me || mine } : one,
  );
}

function removed(message: Shown, emoji: string, mine: boolean): Message["reactions"] {
  return message.reactions
    .map((one) =>
      one.emoji === emoji ? { emoji, count: one.count - 1, me: one.me && !mine } : one,
    )
    .filter((one) => one.count > 0);
}
