/** Times how long a connection was away and what that cost, by what the client counts. Pure. */
import type { ConnectionState, Facts } from "parley-sdk";
import type { Move } from "../store/connection.ts";

/** What is looked at of the client's account. */
export type Counted = Pick<Facts, "gateway" | "left" | "connections">;

/** From one loss to the next. */
export class Outage {
  #before: Counted | null = null;
  #since: number | null = null;
  #live = false;

  /** Take a new state. `now`: any clock that never goes back, in ms; `at_ms`: the time of day. */
  entered(state: ConnectionState, facts: Counted, now: number, at_ms: number): Move | null {
    if (state.state !== "live") {
      if (this.#live) {
        this.#since = now;
        this.#live = false;
      }
      return null;
    }
    const { gateway, left } = facts;
    const since = this.#since;
    const before = this.#before;
    this.#live = true;
    this.#since = null;
    this.#before = facts;
    // A hole that was found and filled without losing the connection is no move.
    if (since === null || !before || before.connections === facts.connections) return null;
    const other = gateway !== null && gateway !== "" && gateway !== before.gateway;
    return { at_ms, in_ms: now - since, other, whole: left === before.left };
  }
}
