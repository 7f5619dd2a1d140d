/** What the client library tells, as what happens to the store; nothing is decided here. */
import { CLOSE, type ClosedError, type ConnectionState, type Item, type Passing } from "parley-sdk";
import type { Connection, Move, Reason } from "./store/connection.ts";
import type { Happening } from "./store/state.ts";

/** A log event, or a marker of where there is a hole. */
export function fromItem(item: Item): Happening {
  switch (item.type) {
    case "missed":
      return { type: "missed", room: item.room, before: item.before };
    case "rewound":
      return { type: "rewound", room: item.room, to: item.to };
    case "gone":
      return { type: "gone", room: item.room };
    default:
      return { type: "log", event: item };
  }
}

/** A frame that is now or never; null: it is nothing to this client. */
export function fromPassing(frame: Passing, now_ms: number): Happening | null {
  switch (frame.type) {
    case "typing":
      return { type: "typing", frame, now_ms };
    case "presence":
      return { type: "presence", frame };
    case "read":
      return { type: "read", frame };
    case "room.preferences":
      return { type: "preferences", frame };
    case "block":
      return { type: "block", user: frame.user, blocked: frame.blocked };
    case "user.updated":
      return { type: "renamed", user: frame.user };
    case "room.added":
      return { type: "room", room: frame.room };
    case "notification":
      return null; // Nothing changes: it is only to be told.
  }
}

/** A pause shorter than this is no word worth: a gateway that restarts is none to worry about. */
const SHORT_MS = 1_000;

/**
 * How the connection stands. `wasUp`: it stood until now, so this is the first try again. `move`:
 * what it went through, if it is back by this.
 */
export function fromState(
  state: ConnectionState,
  now_ms: number,
  wasUp: boolean,
  move: Move | null = null,
): Connection {
  switch (state.state) {
    case "live":
      return { phase: "live", move };
    case "connecting":
      if (state.retryInMs === null) return { phase: "connecting" };
      if (wasUp && state.retryInMs < SHORT_MS) return { phase: "connecting" };
      return { phase: "waiting", retry_at_ms: now_ms + state.retryInMs };
    case "closed":
      return { phase: "stopped", reason: reasonOf(state.error) };
    default:
      return { phase: state.state };
  }
}

function reasonOf(error: ClosedError | null): Reason {
  switch (error?.code) {
    case CLOSE.REVOKED:
      return "revoked";
    case CLOSE.REPLACED:
      return "replaced";
    case CLOSE.UNAUTHORIZED:
    case undefined:
      return "signed out";
    default:
      return "protocol";
  }
}
