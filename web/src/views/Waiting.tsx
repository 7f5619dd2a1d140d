/** What stands where an answer of the server is to come: that it is awaited, or why it is not. */
import { createContext } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";

/** Tells the views below whether there is a connection. */
export const ReachProvider = createContext(true);

/** An answer. `failed`: it could not be had, and the person was told why. `again`: ask anew. */
export interface Answer<T> {
  readonly value: T | null;
  readonly failed: boolean;
  readonly again: () => Promise<void>;
}

/**
 * Ask when the view begins and whenever `anew` changes, and once more when there is a connection
 * again. An answer stays until the next is there. `ask`: null is a failure.
 */
export function useAnswer<T>(ask: () => Promise<T | null>, anew: unknown = null): Answer<T> {
  const reached = useContext(ReachProvider);
  const [value, setValue] = useState<T | null>(null);
  const [failed, setFailed] = useState(false);
  const turn = useRef(0);
  const again = async () => {
    turn.current += 1;
    const mine = turn.current;
    setFailed(false);
    const found = await ask();
    if (mine !== turn.current) return;
    if (found === null) setFailed(true);
    else setValue(found);
  };
  useEffect(() => {
    setValue(null);
    void again();
  }, [anew]);
  useEffect(() => {
    if (reached && failed) void again();
  }, [reached]);
  return { value, failed, again };
}

interface WaitingProps {
  readonly failed?: boolean;
  readonly again?: () => void;
}

/** In place of what is not there yet. */
export function Waiting({ failed = false, again }: WaitingProps) {
  const reached = useContext(ReachProvider);
  if (!reached) {
    return (
      <p role="status" class="muted">
        There is no connection. This comes by itself once there is.
      </p>
    );
  }
  if (!failed) {
    return (
      <p role="status" class="muted">
        Loading…
      </p>
    );
  }
  return (
    <div class="row">
      <p role="status" class="muted">
        This could not be loaded.
      </p>
      {again && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}
