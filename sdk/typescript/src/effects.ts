/** What the connection's core wants done; whoever owns the socket does it, in order. */
import type { ClosedError, RequestError, SendError } from "./errors.ts";
import type { SyncAnswer } from "./frames.ts";
import type {
  BlockEvent,
  NotificationEvent,
  Presence,
  PresenceEvent,
  ReadEvent,
  Ready,
  RoomAdded,
  RoomPreferences,
  SendResult,
  TypingEvent,
  UserUpdated,
} from "./protocol.gen.ts";
import type { Item } from "./room_log.ts";

/**
 * Where a client stands. `connecting`: there is no connection, because of `why` ("" at first);
 * the next try is in `retryInMs`, or under way (null). `catching up`: signed in, what was missed
 * is coming. `live`: everything the server told of was delivered. `closed`: for good, by itself
 * if there is an `error`.
 */
export type ConnectionState =
  | { readonly state: "connecting"; readonly why: string; readonly retryInMs: number | null }
  | { readonly state: "catching up" }
  | { readonly state: "live" }
  | { readonly state: "closed"; readonly error: ClosedError | null };

/** Frames that are now or never: they have no place in a log and are not replayed. */
export type Passing =
  | TypingEvent
  | PresenceEvent
  | ReadEvent
  | RoomPreferences
  | BlockEvent
  | UserUpdated
  | NotificationEvent
  | RoomAdded;

export type Effect =
  /** Send this as one text frame. */
  | { readonly do: "write"; readonly text: string }
  /** Give the socket up without waiting for anything, then call `lost`. */
  | { readonly do: "hang up" }
  | { readonly do: "ready"; readonly frame: Ready }
  | { readonly do: "deliver"; readonly item: Item }
  | { readonly do: "pass on"; readonly frame: Passing }
  /** The presence of everybody watched who may be seen, in place of what was known. */
  | { readonly do: "watched"; readonly presence: readonly Presence[] }
  | { readonly do: "sent"; readonly ticket: number; readonly outcome: SendResult | SendError }
  | { readonly do: "rekeyed"; readonly ticket: number; readonly key: string }
  | { readonly do: "synced"; readonly ticket: number; readonly outcome: SyncAnswer | RequestError }
  | { readonly do: "entered"; readonly state: ConnectionState }
  /** Fetch a fresh token and give it to `renewed`. */
  | { readonly do: "renew" }
  /** The server sent something that is not of the protocol, or refused what cannot be told. */
  | { readonly do: "strange"; readonly what: string }
  /** The client is done for good; null: because the user wanted it. */
  | { readonly do: "stopped"; readonly error: ClosedError | null };
