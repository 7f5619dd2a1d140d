/** How the connection stands, in a line that counts down by itself while it waits. */
import { useEffect, useState } from "preact/hooks";
import { type Connection, connectionWords } from "../store/connection.ts";

/** The line. */
export function ConnectionLine({ connection }: { connection: Connection }) {
  const [now_ms, setNow] = useState(() => Date.now());
  const waiting = connection.phase === "waiting";
  useEffect(() => {
    setNow(Date.now());
    if (!waiting) return;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [waiting, connection]);
  return (
    <div
      role="status"
      aria-label="Connection"
      class={`connection ${connection.phase.replace(" ", "-")}`}
    >
      {connectionWords(connection, now_ms)}
    </div>
  );
}
