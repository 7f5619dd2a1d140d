/** Where in the application one is, as a path; not the browser's history. */

/** A place. */
export type Route =
  | { readonly page: "home" }
  | { readonly page: "browse" }
  | { readonly page: "room"; readonly room: string };

/** The place that a path means; home for one that means none. */
export function parseRoute(path: string): Route {
  const room = /^\/rooms\/([A-Za-z0-9_-]{1,64})\/?$/.exec(path)?.[1];
  if (room !== undefined) return { page: "room", room };
  return /^\/browse\/?$/.test(path) ? { page: "browse" } : { page: "home" };
}

/** The path of a place. */
export function pathOf(route: Route): string {
  switch (route.page) {
    case "home":
      return "/";
    case "browse":
      return "/browse";
    case "room":
      return `/rooms/${route.room}`;
  }
}
