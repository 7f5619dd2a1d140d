/** What a browser keeps for a window or for all, as entries by a key; it knows none of their meaning. */

/** Where it is kept. Asking for it may throw: storage can be forbidden. */
export type Keep = () => Pick<Storage, "getItem" | "setItem" | "removeItem">;

export const OF_WINDOW: Keep = () => sessionStorage;
export const OF_BROWSER: Keep = () => localStorage;

/** Those entries under the key that are what they should be. */
export function read<T>(
  keep: Keep,
  key: string,
  is: (entry: unknown) => entry is [string, T],
): Map<string, T> {
  try {
    const found: unknown = JSON.parse(keep().getItem(key) ?? "[]");
    return new Map(Array.isArray(found) ? found.filter(is) : []);
  } catch {
    return new Map(); // Storage is forbidden, or holds something else.
  }
}

/** Keep these instead, if that can be done. */
export function write<T>(keep: Keep, key: string, entries: ReadonlyMap<string, T>): void {
  try {
    if (entries.size === 0) keep().removeItem(key);
    else keep().setItem(key, JSON.stringify([...entries]));
  } catch {
    // Storage is forbidden or full: they last as long as the page.
  }
}
