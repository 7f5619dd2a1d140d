/** What a client does after a close (protocol §7): a table, and nothing that acts on it. */
import { CLOSE, RECONNECT } from "./protocol.gen.ts";

/**
 * How a client goes on: reconnect at once; after `after_ms` of the `reconnect` frame; with
 * backoff; after fetching a fresh token; or not at all.
 */
export type Advice = "at once" | "when told" | "backoff" | "fresh token" | "stop";

const ADVICE: ReadonlyMap<number, Advice> = new Map([
  [CLOSE.DRAIN, "when told"],
  [CLOSE.DISCONTINUITY, "at once"],
  [CLOSE.UNAUTHORIZED, "fresh token"],
]);
// Gone away and abnormal; then what stands before a gateway says: no status, internal error,
// restart, try again later, bad gateway (RFC 6455 §7.4.1 and the IANA registry of close codes).
const ON_THE_WAY: ReadonlySet<number> = new Set([1001, 1005, 1006, 1011, 1012, 1013, 1014]);
const COMING_BACK: ReadonlySet<number> = new Set(RECONNECT);
const NAMES = new Map(
  Object.entries(CLOSE).map(([name, code]) => [
    Number(code),
    name.toLowerCase().replaceAll("_", " "),
  ]),
);

/** Say what to do after a close with `code`; 1006 stands for a connection that broke. */
export function afterClose(code: number): Advice {
  const advice = ADVICE.get(code);
  if (advice !== undefined) return advice;
  const comesBack = COMING_BACK.has(code) || (code >= 4000 && code <= 4499);
  return comesBack || ON_THE_WAY.has(code) ? "backoff" : "stop";
}

/** Give a close code's name in words. */
export function reason(code: number): string {
  return NAMES.get(code) ?? "closed";
}
