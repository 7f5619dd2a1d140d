/** Which items of a list are on the screen. */
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";

/**
 * Tell `onSeen` the `data-id` of all items of `list` that are on the screen, at each change, as long
 * as `ids` (their order, as one text) is not null; at the end that there are none.
 */
export function useOnScreen(
  list: RefObject<HTMLElement | null>,
  ids: string | null,
  onSeen: (ids: readonly string[]) => void,
): void {
  useEffect(() => {
    if (ids === null || !list.current) return;
    const seen = new Set<string>();
    const observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const id = target.getAttribute("data-id") ?? "";
        if (isIntersecting) seen.add(id);
        else seen.delete(id);
      }
      onSeen([...seen]);
    });
    for (const item of list.current.children) observer.observe(item);
    return () => {
      observer.disconnect();
      onSeen([]);
    };
  }, [ids]);
}
