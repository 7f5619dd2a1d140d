/** One message as it is shown, and what later events do to it; not where it stands in a log. */
import type {
  LogEvent,
  Message,
  MessageDeleted,
  MessageEdited,
  MessageSent,
  ReactionAdded,
  ReactionRemoved,
  Seq,
} from "parley-sdk";

/** A message with the log up to `as_of` applied: no event up to there may be applied again. */
export type Shown = Message & { readonly as_of: Seq };

/** An event that changes an earlier message. */
export type Change = MessageEdited | MessageDeleted | ReactionAdded | ReactionRemoved;

/** Say whether an event changes an earlier message. */
export function isChange(event: LogEvent): event is Change {
  return (
    event.type === "message.edited" ||
    event.type === "message.deleted" ||
    event.type === "reaction.added" ||
    event.type === "reaction.removed"
  );
}

/** The message that an event brings. */
export function fromEvent(event: MessageSent): Shown {
  const { type: _, ...message } = event;
  return { ...message, reactions: [], as_of: event.seq };
}

/** The message after an event about it; unchanged by one it has in it already. */
export function changed(message: Shown, change: Change, me: string): Shown {
  if (change.seq <= message.as_of) return message;
  const later = { ...message, as_of: change.seq };
  switch (change.type) {
    case "message.edited":
      return { ...later, text: change.text, mentions: change.mentions, edited_ms: change.ts };
    case "message.deleted":
      return { ...later, text: "", attachments: [], reactions: [], deleted: true };
    case "reaction.added":
      return { ...later, reactions: added(message, change.emoji, change.by === me) };
    case "reaction.removed":
      return { ...later, reactions: removed(message, change.emoji, change.by === me) };
  }
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
