/** How the connection stands, and the words for it; not what keeps it up. */

/** Why a connection ended that does not come back by itself. */
export type Reason = "revoked" | "replaced" | "protocol" | "signed out";

/** `waiting`: until the next try at `retry_at_ms`. `stopped`: for good. */
export type Connection =
  | { readonly phase: "connecting" | "catching up" | "live" }
  | { readonly phase: "waiting"; readonly retry_at_ms: number }
  | { readonly phase: "stopped"; readonly reason: Reason };

/** What the line about the connection says at a moment. */
export function connectionWords(connection: Connection, now_ms: number): string {
  switch (connection.phase) {
    case "connecting":
      return "Connecting…";
    case "catching up":
      return "Catching up…";
    case "live":
      return "Connected";
    case "waiting": {
      const seconds = Math.max(1, Math.ceil((connection.retry_at_ms - now_ms) / 1000));
      return `Offline, retrying in ${seconds} s`;
    }
    case "stopped":
      return "Disconnected";
  }
}
