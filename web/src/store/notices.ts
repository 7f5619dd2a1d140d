/** What the user must be told once: a few sentences, each there until dismissed or settled. */

/**
 * A sentence for the user. `about`: what failed; null: nothing that could be tried again. `cutOff`:
 * that the server could not be reached, which is over once there is a connection again.
 */
export interface Notice {
  readonly id: number;
  readonly about: string | null;
  readonly words: string;
  readonly cutOff: boolean;
}

/** Notices shown at once at most; the oldest gives way. */
export const NOTICES = 3;

/** Add a notice instead of a former one about the same; the same words do not come twice. */
export function given(
  notices: readonly Notice[],
  words: string,
  about: string | null = null,
  cutOff = false,
): readonly Notice[] {
  const others = about === null ? notices : settled(notices, about);
  if (others.some((one) => one.words === words)) return others;
  const id = (notices.at(-1)?.id ?? 0) + 1;
  return [...others, { id, about, words, cutOff }].slice(-NOTICES);
}

/** Take away what is not so any more: that which failed before is done. */
export function settled(notices: readonly Notice[], about: string): readonly Notice[] {
  return without(notices, (one) => one.about === about);
}

/** Take away what is not so any more: the server can be reached again. */
export function reached(notices: readonly Notice[]): readonly Notice[] {
  return without(notices, (one) => one.cutOff);
}

function without(notices: readonly Notice[], over: (one: Notice) => boolean): readonly Notice[] {
  const others = notices.filter((one) => !over(one));
  return others.length === notices.length ? notices : others;
}

/** Take a notice away. */
export function dismissed(notices: readonly Notice[], id: number): readonly Notice[] {
  return notices.filter((one) => one.id !== id);
}
