/** How rows are laid out a few a frame, those in sight at once; no markup. Pure. */

/** From one row to another, both included; none where `to` is less. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** At least so many a frame, and this part of those that are still to come. */
const LEAST = 2;
const PART = 1 / 4;

/**
 * What to lay out of the rows that are `wanted`: what is in sight, what was there before and, in a
 * frame that is `due`, a few more beyond. `more`: some are still to come.
 */
export function spread(former: Span | null, sight: Span, wanted: Span, due: boolean) {
  if (wanted.to < wanted.from) return { span: wanted, more: false };
  const apart = !former || former.from > wanted.to || former.to < wanted.from;
  const from = Math.max(wanted.from, apart ? sight.from : Math.min(former.from, sight.from));
  const to = Math.min(wanted.to, apart ? sight.to : Math.max(former.to, sight.to));
  const above = from - wanted.from;
  const below = wanted.to - to;
  const few = (missing: number) =>
    due ? Math.min(missing, Math.max(LEAST, Math.ceil(missing * PART))) : 0;
  const span = { from: from - few(above), to: to + few(below) };
  return { span, more: span.from > wanted.from || span.to < wanted.to };
}
