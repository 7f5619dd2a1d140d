/** One's own messages on their way: shown at once, known by their key; not the sending itself. */
import type { Attachment, ErrorCode, Seq } from "parley-sdk";
import type { Shown } from "./message.ts";

/** `sending` until the log has it, `sent` until its event comes, `failed` when it never will. */
export interface Sending {
  readonly key: string;
  readonly text: string;
  readonly reply_to: Seq | null;
  /** An earlier version kept none. */
  readonly attachments?: readonly Attachment[];
  readonly at_ms: number;
  readonly state: "sending" | "sent" | "failed";
  readonly seq: Seq | null;
  readonly code: ErrorCode | null;
}

/** A new one at the end. */
export function begun(
  sends: readonly Sending[],
  key: string,
  text: string,
  at_ms: number,
  reply_to: Seq | null = null,
  attachments: readonly Attachment[] = [],
): readonly Sending[] {
  const one = { key, text, reply_to, attachments, at_ms } as const;
  return [...sends, { ...one, state: "sending", seq: null, code: null }];
}

/** One from before this page was loaded. */
export function revived(sends: readonly Sending[], one: Sending): readonly Sending[] {
  return sends.some(({ key }) => key === one.key) ? sends : [...sends, one];
}

/** The log has it at `seq`. */
export function acknowledged(sends: readonly Sending[], key: string, seq: Seq): readonly Sending[] {
  return with_(sends, key, (one) => ({ ...one, state: "sent", seq, code: null }));
}

/** It was refused and is not in the log. */
export function refused(
  sends: readonly Sending[],
  key: string,
  code: ErrorCode,
): readonly Sending[] {
  return with_(sends, key, (one) => ({ ...one, state: "failed", code }));
}

/** It goes by another key: the former one was no good, or it is tried anew. */
export function rekeyed(sends: readonly Sending[], key: string, other: string): readonly Sending[] {
  return with_(sends, key, (one) => ({ ...one, key: other, state: "sending", code: null }));
}

/** It is no longer wanted. */
export function withdrawn(sends: readonly Sending[], key: string): readonly Sending[] {
  const left = sends.filter((one) => one.key !== key);
  return left.length === sends.length ? sends : left;
}

/** Those that `messages` do not show yet. */
export function unseen(
  sends: readonly Sending[],
  messages: readonly Shown[],
  me: string,
): readonly Sending[] {
  if (sends.length === 0) return sends;
  const keys = new Set(messages.filter((one) => one.sender === me).map((one) => one.id));
  const left = sends.filter((one) => !keys.has(one.key));
  return left.length === sends.length ? sends : left;
}

/**
 * What Up takes to be worded anew: one's own last message. None while a later one is on its way, for
 * then it would be another than the one meant.
 */
export function lastOwn(
  sends: readonly Sending[],
  messages: readonly Shown[],
  me: string,
): Shown | undefined {
  if (sends.some(({ state }) => state !== "failed")) return;
  return messages.findLast((one) => one.sender === me && !one.deleted);
}

function with_(
  sends: readonly Sending[],
  key: string,
  change: (one: Sending) => Sending,
): readonly Sending[] {
  if (!sends.some((one) => one.key === key)) return sends;
  return sends.map((one) => (one.key === key ? change(one) : one));
}
