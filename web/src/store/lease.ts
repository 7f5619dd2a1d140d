/**
 * Which of several tabs leads, where the browser has no locks: a word in a common place that runs
 * out unless it is renewed. Pure: it is told what stands there, and the time.
 */

/** Who leads, and until when that holds. */
export interface Lease {
  readonly tab: string;
  readonly until_ms: number;
}

/** How long a word holds: a tab in the background wakes once a minute at the worst. */
export const LEASE_MS = 75_000;

/** What to write, if anything, and whether one leads. */
export interface Claim {
  readonly write: Lease | null;
  readonly leads: boolean;
}

/**
 * Look at what stands there. A free place is taken, but one leads only when one's own word is found
 * at the next look: two who took it at once both find the later one's.
 */
export function claimed(lease: Lease | null, tab: string, now_ms: number): Claim {
  const mine = { tab, until_ms: now_ms + LEASE_MS };
  if (lease?.tab === tab) return { write: mine, leads: true };
  const isFree = !lease || lease.until_ms <= now_ms || lease.until_ms > now_ms + LEASE_MS * 2;
  return { write: isFree ? mine : null, leads: false };
}

/** Read what stands there; null: nothing that is understood. */
export function leaseOf(text: string | null): Lease | null {
  try {
    const found: unknown = JSON.parse(text ?? "null");
    if (typeof found !== "object" || found === null) return null;
    const { tab, until_ms } = found as { tab?: unknown; until_ms?: unknown };
    return typeof tab === "string" && typeof until_ms === "number" ? { tab, until_ms } : null;
  } catch {
    return null;
  }
}
