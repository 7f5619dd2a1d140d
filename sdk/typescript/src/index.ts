/** The client library of Parley for browsers and node; what an app uses of it. */
export { Api, newKey, type PageQuery, type Paging, type SearchQuery } from "./api.ts";
export { Client, type ClientOptions, type Sending, type SendOptions } from "./client.ts";
export type { Handlers } from "./driver.ts";
export type { ConnectionState, Passing } from "./effects.ts";
export { ClosedError, ParleyError, ProblemError, RequestError, SendError } from "./errors.ts";
export type { SyncAnswer, UnknownEvent } from "./frames.ts";
export type * from "./protocol.gen.ts";
export { CLOSE, ERROR_CODES, LIMITS } from "./protocol.gen.ts";
export type { Gone, Item, Marker, Missed, Rewound } from "./room_log.ts";
export type { Facts } from "./tally.ts";
export {
  BotSession,
  CookieSession,
  FixedToken,
  MemorySession,
  type SignedOut,
  type TokenSource,
} from "./tokens.ts";
