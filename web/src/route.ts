/** Where in the application one is, as a path; not the browser's history. */

/** A place. `at`: the seq of a message to look at. */
export type Route =
  | { readonly page: "home" }
  | { readonly page: "browse" }
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
  return /^\/browse\/?$/.test(path) ? { page: "browse" } : { page: "home" };
}

/** The path of a place, with what is asked of it. */
export function pathOf(route: Route): string {
  switch (route.page) {
    case "home":
      return "/";
    case "browse":
      return "/browse";
    case "room":
      return `/rooms/${route.room}${route.at === undefined ? "" : `?at=${route.at}`}`;
  }
}
