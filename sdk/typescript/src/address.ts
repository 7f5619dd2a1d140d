/** Where a Parley's socket is, from where the Parley is; nothing is looked up. */

const SCHEMES: ReadonlyMap<string, string> = new Map([
  ["http:", "ws:"],
  ["https:", "wss:"],
  ["ws:", "ws:"],
  ["wss:", "wss:"],
]);

/**
 * Give the URL of the socket of a Parley at `url`, which may be that already.
 *
 * Throws a TypeError when `url` is none of `http`, `https`, `ws` or `wss`.
 */
export function socketUrl(url: string): string {
  const parts = URL.canParse(url) ? new URL(url) : null;
  const scheme = SCHEMES.get(parts?.protocol ?? "");
  if (parts === null || scheme === undefined) {
    throw new TypeError(`${url} is no URL of a Parley: http(s)://host[:port] is wanted`);
  }
  const path = parts.pathname === "/" ? "/v1/ws" : parts.pathname;
  return `${scheme}//${parts.host}${path}${parts.search}`;
}
