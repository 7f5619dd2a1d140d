/** Frames of a server, from text to types that are true. What they mean is not known here. */
import type { AuthResult, LogEvent, Ok, SendResult, ServerFrame } from "./protocol.gen.ts";
import { RECEIVED, SHAPES, type SyncResult, type WatchResult } from "./protocol.gen.ts";
import { fault, isObject } from "./shape.ts";

/** A log event of a type this library does not know: it has its place, and no meaning. */
export interface UnknownEvent {
  readonly type: "unknown";
  readonly room: string;
  readonly seq: number;
  readonly prev: number;
}

/** An `ok` whose result nobody has looked at: only the one who asked knows what it should be. */
export type RawOk = Omit<Ok, "result"> & { result: unknown };
export type Received = Exclude<ServerFrame, Ok> | RawOk | LogEvent | UnknownEvent;
/** A `sync`'s answer, unknown events in their places. */
export type SyncAnswer = Omit<SyncResult, "events"> & { events: (LogEvent | UnknownEvent)[] };

const LOG_EVENTS: ReadonlySet<string> = new Set(
  [...RECEIVED].filter(([, name]) => "prev" in SHAPES[name].fields).map(([type]) => type),
);

/** Say whether a frame has its place in a room's log. */
export function isLogEvent(frame: Received): frame is LogEvent | UnknownEvent {
  return frame.type === "unknown" || LOG_EVENTS.has(frame.type);
}

/**
 * Read one text frame. Null: of a type that is not known, to be ignored. A string: what is wrong
 * with it. Never throws.
 */
export function decode(text: string): Received | string | null {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return "no JSON";
  }
  return read(frame);
}

/** Read the result of a `sync`; a string says what is wrong with it. */
export function readSync(result: unknown): SyncAnswer | string {
  if (!isObject(result)) return "object";
  const { more, oldest } = result;
  const events = readEvents(result["events"]);
  if (typeof events === "string") return events;
  if (typeof more !== "boolean") return "more";
  if (typeof oldest !== "number" || !Number.isInteger(oldest)) return "oldest";
  return { events, more, oldest };
}

/** Read a list of log events; a string says what is wrong with it. */
export function readEvents(events: unknown): (LogEvent | UnknownEvent)[] | string {
  if (!Array.isArray(events)) return "events";
  const placed: (LogEvent | UnknownEvent)[] = [];
  for (const item of events) {
    const event = read(item);
    if (typeof event === "string") return `events: ${event}`;
    if (event !== null && isLogEvent(event)) placed.push(event);
  }
  return placed;
}

/** Read the result of a `send`; a string says what is wrong with it. */
export function readSend(result: unknown): SendResult | string {
  return fault(result, SHAPES.SendResult) ?? (result as SendResult);
}

/** Read the result of a `watch`; a string says what is wrong with it. */
export function readWatch(result: unknown): WatchResult | string {
  return fault(result, SHAPES.WatchResult) ?? (result as WatchResult);
}

/** Read the result of an `auth`; a string says what is wrong with it. */
export function readAuth(result: unknown): AuthResult | string {
  return fault(result, SHAPES.AuthResult) ?? (result as AuthResult);
}

function read(frame: unknown): Received | string | null {
  if (!isObject(frame)) return "no object";
  const { type, room, seq, prev } = frame;
  if (typeof type !== "string") return "type";
  const name = RECEIVED.get(type);
  if (name === undefined) {
    const placed = typeof room === "string" && isSeq(seq) && isSeq(prev);
    return placed ? { type: "unknown", room, seq, prev } : null;
  }
  const wrong = fault(frame, SHAPES[name]);
  return wrong === null ? (frame as unknown as Received) : `${type}: ${wrong}`;
}

function isSeq(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value);
}
