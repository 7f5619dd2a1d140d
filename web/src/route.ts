/** Where in the application one is, as a path; not the browser's history. */

/**
 * What is looked for: words, and where and when they may have been said. `since` and `until` are
 * days, such as 2026-11-26.
 */
export interface Search {
  readonly q: string;
  readonly room?: string;
  readonly sender?: string;
  readonly since?: string;
  readonly until?: string;
}

/** A place. `at`: the seq of a message to look at. */
export type Route =
  | { readonly page: "home" }
  | { readonly page: "browse" }
  | { readonly page: "invite"; readonly code: string }
  | { readonly page: "search"; readonly search: Search }
  | { readonly page: "room"; readonly room: string; readonly at?: number };

/** The place that a path, and what is asked of it, mean; home for one that means none. */
export function parseRoute(path: string, query = ""): Route {
  const room = /^\/rooms\/([A-Za-z0-9_-]{1,64})\/?$/.exec(path)?.[1];
  if (room !== undefined) {
    const at = new URLSearchParams(query).get("at") ?? "";
    return /^[1-9]\d{0,15}$/.test(at)
      ? { page: "room", room, at: Number(at) }
      : { page: "room", room };
  }
  const code = /^\/invite\/([A-Za-z0-9_-]{1,64})\/?$/.exec(path)?.[1];
  if (code !== undefined) return { page: "invite", code };
  if (/^\/search\/?$/.test(path)) return { page: "search", search: searchOf(query) };
  return /^\/browse\/?$/.test(path) ? { page: "browse" } : { page: "home" };
}

/** The path of a place, with what is asked of it. */
export function pathOf(route: Route): string {
  switch (route.page) {
    case "home":
      return "/";
    case "browse":
      return "/browse";
    case "invite":
      return `/invite/${route.code}`;
    case "search":
      return searchPath(route.search);
    case "room":
      return `/rooms/${route.room}${route.at === undefined ? "" : `?at=${route.at}`}`;
  }
}

const ID = /^[A-Za-z0-9_-]{1,64}$/;
const DAY = /^\d{4}-\d\d-\d\d$/;
/** What may be asked of a search besides its words, and what it looks like. */
const ASKED = [
  ["room", ID],
  ["sender", ID],
  ["since", DAY],
  ["until", DAY],
] as const;

function searchOf(query: string): Search {
  const asked = new URLSearchParams(query);
  const more = ASKED.flatMap(([name, form]) => {
    const value = asked.get(name);
    return value !== null && form.test(value) ? [[name, value]] : [];
  });
  return { q: (asked.get("q") ?? "").slice(0, 200), ...Object.fromEntries(more) };
}

function searchPath(search: Search): string {
  const asked = new URLSearchParams();
  if (search.q !== "") asked.set("q", search.q);
  for (const [name] of ASKED) if (search[name]) asked.set(name, search[name]);
  return asked.size > 0 ? `/search?${asked}` : "/search";
}
