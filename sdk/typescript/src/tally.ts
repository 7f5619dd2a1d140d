/** What one client counts of its connections, for whoever wants to know; it decides nothing. */
import type { Ready } from "./protocol.gen.ts";

/** The present connection, and what all of them so far came to. */
export interface Facts {
  /** The connection's name, and the gateway process it is on; null: there was none yet. */
  readonly session: string | null;
  readonly gateway: string | null;
  /** Connections that were greeted so far. */
  readonly connections: number;
  /** From the last `ping` to its `pong`, in ms; null: not measured yet. */
  readonly roundTripMs: number | null;
  /** Holes in a room's log that were filled: by the replay of a resume, or by `sync`. */
  readonly healed: number;
  /** Holes that were left to whoever pages the room: as many `missed` and `rewound` markers. */
  readonly left: number;
  /** Events that came more than once and were dropped. */
  readonly doubles: number;
  /** Messages that are not settled yet. */
  readonly waiting: number;
}

/** One client's connections. */
export class Tally {
  session: string | null = null;
  gateway: string | null = null;
  connections = 0;

  /** Note that a connection was taken. */
  greeted({ session, gateway }: Ready): void {
    this.session = session;
    this.gateway = gateway;
    this.connections += 1;
  }
}
