/** How long to wait before the next try: full jitter, doubling. It draws no random number. */

export const BASE_MS = 500;
export const CAP_MS = 30_000;
/** Longest wait that a server is obeyed in. */
export const TOLD_MS = 300_000;
const MOST_DOUBLINGS = 6; // 0.5 s · 2⁶ is beyond the cap

/**
 * Give the wait before try number `attempt` (from 0), for a `draw` from [0, 1).
 *
 * Full jitter: anything from 0 up to 0.5 s doubled with each try, at most 30 s, so that many
 * clients that lost one gateway do not come back together.
 */
export function delayMs(attempt: number, draw: number): number {
  return draw * Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, MOST_DOUBLINGS));
}

/** Give the wait that a server asked for; at most 5 minutes, 0 without. */
export function toldMs(ms: number | null | undefined): number {
  return Math.min(TOLD_MS, Math.max(0, ms ?? 0));
}
