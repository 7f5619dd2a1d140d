/** How the connection stands, in a line that counts down by itself while it waits. */
import { useEffect, useState } from "preact/hooks";
import { type Connection, connectionWords, LATE_MS, MOVE_SHOWN_MS } from "../store/connection.ts";

/** The line. `unsent`: messages that wait for it. */
export function ConnectionLine({
  connection,
  unsent = 0,
}: {
  connection: Connection;
  unsent?: number;
}) {
  const [now_ms, setNow] = useState(() => Date.now());
  const { phase } = connection;
  useEffect(() => {
    setNow(Date.now());
    if (phase === "waiting") {
      const timer = setInterval(() => setNow(Date.now()), 500);
      return () => clearInterval(timer);
    }
    if (phase !== "live" || !connection.move) return;
    const timer = setTimeout(() => setNow(Date.now()), MOVE_SHOWN_MS + 50);
    return () => clearTimeout(timer);
  }, [connection]);
  const late = useLate(phase === "live" && unsent > 0);
  return (
    <div role="status" aria-label="Connection" class={`connection ${phase.replace(" ", "-")}`}>
      {connectionWords(connection, now_ms, unsent, late)}
    </div>
  );
}

/** Whether something has been so for longer than it should. */
function useLate(is: boolean): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (!is) return;
    const timer = setTimeout(() => setLate(true), LATE_MS);
    return () => clearTimeout(timer);
  }, [is]);
  return late;
}
