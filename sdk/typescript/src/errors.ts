/** What can go wrong, as errors for the one who called; a core hands them out as data. */
import type { ErrorCode, ErrorFrame } from "./protocol.gen.ts";

/** Anything this library throws, but a TypeError for an address that is none. */
export class ParleyError extends Error {
  override name = "ParleyError";
}

/** What an answer says besides its code. */
export interface Details {
  readonly field?: string | null | undefined;
  readonly retryAfterMs?: number | null | undefined;
  readonly serverTimeMs?: number | null | undefined;
}

/**
 * An HTTP call was answered by a problem (RFC 9457), or by nothing usable.
 *
 * `status` is the HTTP status, 0 when no answer came (then `code` is `unavailable` or `timeout`,
 * and it is not known whether the call was carried out).
 */
export class ProblemError extends ParleyError {
  override name = "ProblemError";
  readonly code: ErrorCode;
  readonly detail: string;
  readonly status: number;
  readonly field: string | null;
  readonly retryAfterMs: number | null;
  /** With `bad_key`: the server's clock. */
  readonly serverTimeMs: number | null;

  constructor(code: ErrorCode, detail: string, status = 0, details: Details = {}) {
    super(details.field ? `${code}: ${detail} (${details.field})` : `${code}: ${detail}`);
    this.code = code;
    this.detail = detail;
    this.status = status;
    this.field = details.field ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.serverTimeMs = details.serverTimeMs ?? null;
  }
}

/**
 * A request over the socket was answered by an `error`, or by nothing in time.
 *
 * With `code` `timeout` or `unavailable` it is not known whether it was carried out; with any
 * other code it was not.
 */
export class RequestError extends ParleyError {
  override name = "RequestError";
  readonly code: ErrorCode;
  readonly field: string | null;
  readonly retryAfterMs: number | null;

  constructor(code: ErrorCode, message: string, details: Details = {}) {
    super(details.field ? `${code}: ${message} (${details.field})` : `${code}: ${message}`);
    this.code = code;
    this.field = details.field ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
  }
}

/**
 * A message is not in the log and will not come there by itself; with code `timeout` it is not
 * known. The same `key` sent again settles it.
 */
export class SendError extends RequestError {
  override name = "SendError";
  readonly key: string;

  constructor(code: ErrorCode, message: string, key: string, details: Details = {}) {
    super(code, message, details);
    this.key = key;
  }
}

/** The client stopped for good; `code` is the close code, or 0 when there was none. */
export class ClosedError extends ParleyError {
  override name = "ClosedError";
  readonly code: number;

  constructor(why: string, code = 0, cause?: unknown) {
    super(code ? `${why} (${code})` : why, { cause });
    this.code = code;
  }
}

/** Give what an `error` frame says besides its code. */
export function details(frame: ErrorFrame): Details {
  return { field: frame.field, retryAfterMs: frame.retry_after_ms };
}

/** Give an error of this side's own making, in the form of a server's. */
export function ownError(code: ErrorCode, message: string): ErrorFrame {
  return { type: "error", code, message };
}
