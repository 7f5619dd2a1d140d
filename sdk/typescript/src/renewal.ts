/** When a living connection needs a fresh token. Pure: it is told the time, and fetches none. */

/** Less than a token source waits itself, so that those who share one share a refresh. */
export const RENEW_BEFORE_MS = 50_000;
export const RENEW_RETRY_MS = 5_000;

/** The end of a token, and what to do before. `at`: when to renew; Infinity: not known. */
export class Renewal {
  at = Number.POSITIVE_INFINITY;

  /** Take a token that lasts so long; null: that is not known, or it is never renewed. */
  plan(expiresInMs: number | null, now: number): void {
    if (expiresInMs === null) {
      this.at = Number.POSITIVE_INFINITY;
    } else {
      const wait = Math.max(expiresInMs - RENEW_BEFORE_MS, expiresInMs / 2);
      this.at = now + Math.max(wait, RENEW_RETRY_MS);
    }
  }

  /** Take it that one is being fetched: should that fail, it is time again a little later. */
  fetching(now: number): void {
    this.at = now + RENEW_RETRY_MS;
  }
}
