/** The one reader of clocks; it waits for nothing. */

/** Give ms from some fixed moment; it never jumps, and may stand still while the machine sleeps. */
export function monotonic(): number {
  return performance.now();
}

/** Give ms since the Unix epoch, as far as this machine knows. */
export function wall(): number {
  return Date.now();
}
