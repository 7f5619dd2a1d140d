/**
 * How a list on the screen becomes the next one in steps that keep what is read in its place: at
 * most one end changes at a time, and whoever lays it out knows which. Pure.
 */

/** Something with a key that stays the same for as long as it is that thing. */
export interface Keyed {
  readonly key: string;
}

/**
 * What to lay out now. `shift`: the beginning changed, so places are kept from the end. `anew`: it
 * has nothing in common with what was there. `more`: another step follows.
 */
export interface Stage<T> {
  readonly rows: readonly T[];
  readonly shift: boolean;
  readonly anew: boolean;
  readonly more: boolean;
}

/** The step from what is laid out towards what is wanted. */
export function stage<T extends Keyed>(shown: readonly T[], wanted: readonly T[]): Stage<T> {
  const [first] = shown;
  const [next] = wanted;
  if (!first || !next || first.key === next.key) return plain(wanted);
  const came = wanted.findIndex(({ key }) => key === first.key);
  if (came > 0) {
    const fits = wanted.length - came === shown.length;
    const rows = fits ? wanted : [...wanted.slice(0, came), ...shown];
    return { rows, shift: true, anew: false, more: !fits };
  }
  const went = shown.findIndex(({ key }) => key === next.key);
  if (went < 0) return { ...plain(wanted), anew: true };
  const fits = shown.length - went === wanted.length;
  const rows = fits ? wanted : [...shown.slice(0, went), ...wanted];
  return { rows, shift: fits, anew: false, more: !fits };
}

function plain<T>(rows: readonly T[]): Stage<T> {
  return { rows, shift: false, anew: false, more: false };
}
