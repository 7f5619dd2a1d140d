/** One HTTP call (protocol §8): JSON in and out, problems as errors. It knows no call by name. */
import { ProblemError } from "./errors.ts";
import { ERROR_CODES, type ErrorCode, type Problem, SHAPES } from "./protocol.gen.ts";
import { fault, type Shape } from "./shape.ts";

/** How long an answer may take. */
export const TIMEOUT_MS = 30_000;

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
export type Query = Readonly<Record<string, string | number | undefined>>;

/** What a call may say besides where it goes. `form` stands for `body` where files are sent. */
export interface Call {
  readonly body?: unknown;
  readonly form?: FormData;
  readonly query?: Query;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

const BY_STATUS: ReadonlyMap<number, ErrorCode> = new Map([
  [400, "invalid"],
  [401, "unauthorized"],
  [403, "forbidden"],
  [404, "not_found"],
  [409, "conflict"],
  [413, "too_large"],
  [429, "rate_limited"],
  [502, "unavailable"],
  [503, "unavailable"],
  [504, "timeout"],
]);

/**
 * Call `method` `url`/`path`, once: nothing is tried again here. Null: an answer without a body.
 *
 * Throws ProblemError and nothing else.
 */
export async function call(
  url: string,
  method: Method,
  path: string,
  options: Call = {},
): Promise<unknown> {
  const { body, form, token } = options;
  const late = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS);
  try {
    const response = await fetch(`${url}${path}${search(options.query ?? {})}`, {
      method,
      headers: {
        Accept: "application/json",
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(form === undefined ? {} : { body: form }),
      signal: late,
      cache: "no-store",
      credentials: "same-origin",
    });
    const text = await response.text();
    if (!response.ok) throw problem(response, text);
    return text === "" ? null : json(text);
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    if (late.aborted) {
      throw new ProblemError("timeout", `no answer to ${method} ${url}${path} in time`);
    }
    throw new ProblemError("unavailable", `${method} ${url}${path}: ${why(error)}`);
  }
}

/** What failed; node says in `cause` what a browser never tells. */
function why(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return cause instanceof Error ? `${String(error)} (${cause.message})` : String(error);
}

/** Give an answer as the type that has this shape; throws ProblemError when it has not. */
export function answer<T>(value: unknown, shape: Shape): T {
  const wrong = fault(value, shape);
  if (wrong === null) return value as T;
  throw new ProblemError("internal", `the answer is unreadable: ${wrong}`);
}

/** Give a path whose parts are each one segment, whatever they are. */
export function path(root: string, ...parts: (string | number)[]): string {
  return [root, ...parts.map((part) => encodeURIComponent(part))].join("/");
}

function search(query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return given.length > 0 ? `?${new URLSearchParams(given)}` : "";
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProblemError("internal", "the answer is unreadable: no JSON");
  }
}

/** The error of an answer, also of one that came from a proxy and is no problem document. */
function problem(response: Response, text: string): ProblemError {
  const { status } = response;
  const retryAfterMs = secondsOf(response.headers.get("Retry-After"));
  let document: unknown = null;
  try {
    document = JSON.parse(text);
  } catch {
    // A proxy's page: its status says all there is.
  }
  if (fault(document, SHAPES.Problem) !== null) {
    const code = BY_STATUS.get(status) ?? "internal";
    return new ProblemError(code, `HTTP ${status}`, status, { retryAfterMs });
  }
  const { code, detail, field, retry_after_ms, server_time_ms } = document as Problem;
  return new ProblemError(ERROR_CODES.includes(code) ? code : "internal", detail, status, {
    field,
    retryAfterMs: retry_after_ms ?? retryAfterMs,
    serverTimeMs: server_time_ms,
  });
}

/** `Retry-After` in seconds (RFC 9110 §10.2.3), in ms; its other form, a date, is not used here. */
function secondsOf(text: string | null): number | null {
  return text !== null && /^\d{1,7}$/.test(text) ? Number(text) * 1_000 : null;
}
