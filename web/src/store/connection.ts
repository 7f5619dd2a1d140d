/** How the connection stands, and the words for it; not what keeps it up. */

/** Why a connection ended that does not come back by itself. */
export type Reason = "revoked" | "replaced" | "protocol" | "signed out";

/**
 * A connection that was lost and is back. `in_ms`: from the loss until everything missed was here.
 * `other`: it is on another gateway now. `whole`: no hole stayed anywhere.
 */
export interface Move {
  readonly at_ms: number;
  readonly in_ms: number;
  readonly other: boolean;
  readonly whole: boolean;
}

/** `waiting`: until the next try at `retry_at_ms`. `stopped`: for good. */
export type Connection =
  | { readonly phase: "connecting" | "catching up" }
  | { readonly phase: "live"; readonly move?: Move | null }
  | { readonly phase: "waiting"; readonly retry_at_ms: number }
  | { readonly phase: "stopped"; readonly reason: Reason };

/** How long the line speaks of a move. */
export const MOVE_SHOWN_MS = 6_000;

/** A message that waits for longer than this, though there is a connection, is spoken of. */
export const LATE_MS = 5_000;

/**
 * What the line about the connection says at a moment. `unsent`: messages that wait for it; `late`:
 * they have for `LATE_MS`, and the connection stood meanwhile.
 */
export function connectionWords(
  connection: Connection,
  now_ms: number,
  unsent = 0,
  late = false,
): string {
  switch (connection.phase) {
    case "connecting":
      return unsent > 0 ? `Connecting… ${waits(unsent)}` : "Connecting…";
    case "catching up":
      return unsent > 0 ? `Catching up… ${waits(unsent)}` : "Catching up…";
    case "live":
      if (unsent > 0 && late) return `Connected, ${waits(unsent, "still ")}`;
      return connection.move ? moveWords(connection.move, now_ms) : "Connected";
    case "waiting": {
      const seconds = Math.max(1, Math.ceil((connection.retry_at_ms - now_ms) / 1000));
      const words = `Offline, retrying in ${seconds} s`;
      return unsent > 0 ? `${words}. ${waits(unsent)}` : words;
    }
    case "stopped":
      return "Disconnected";
  }
}

function moveWords({ at_ms, in_ms, other, whole }: Move, now_ms: number): string {
  if (!whole || now_ms - at_ms >= MOVE_SHOWN_MS) return "Connected";
  const seconds =
    in_ms < 9_950 ? (Math.max(in_ms, 100) / 1000).toFixed(1) : Math.round(in_ms / 1000);
  return other
    ? `Connected: moved to another gateway in ${seconds} s, nothing lost`
    : `Connected again after ${seconds} s, nothing lost`;
}

function waits(unsent: number, still = ""): string {
  return unsent === 1 ? `1 message ${still}waits` : `${unsent} messages ${still}wait`;
}
