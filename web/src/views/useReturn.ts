/** When somebody comes back to the page, for a view that shows what nothing tells it of. */
import { useEffect, useRef } from "preact/hooks";

/** Call `back` whenever the window is looked at again, for as long as the view is there. */
export function useReturn(back: () => void): void {
  const latest = useRef(back);
  latest.current = back;
  useEffect(() => {
    const look = () => latest.current();
    addEventListener("focus", look);
    return () => removeEventListener("focus", look);
  }, []);
}
