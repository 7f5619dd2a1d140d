/** A list that comes page by page, for a view that shows it; it asks when the view begins. */
import { useContext, useEffect, useState } from "preact/hooks";
import type { Listed } from "../doing/affairs.ts";
import { ReachProvider } from "./Waiting.tsx";

/**
 * What there is so far. `more`: asks for the next page; null: there is none. `failed`: the last that
 * was asked for could not be had.
 */
export interface Pages<T> {
  readonly items: readonly T[] | null;
  readonly more: (() => void) | null;
  readonly failed: boolean;
  readonly again: () => void;
}

/** Keep a list. `ask`: gives a page after a cursor. It begins anew whenever `anew` changes. */
export function usePages<T>(
  ask: (cursor: string | null) => Promise<Listed<T> | null>,
  anew: unknown,
): Pages<T> {
  const [items, setItems] = useState<readonly T[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);
  const reached = useContext(ReachProvider);
  const look = async (cursor: string | null) => {
    setFailed(false);
    const page = await ask(cursor);
    setFailed(page === null);
    if (!page) return;
    setItems((former) => (cursor === null ? page.items : [...(former ?? []), ...page.items]));
    setNext(page.next);
  };
  const again = () => void look(null);
  useEffect(again, [anew]);
  useEffect(() => {
    if (reached && failed && items === null) again();
  }, [reached]);
  return { items, more: next === null ? null : () => void look(next), failed, again };
}
