/** What the user must be told once: a short list of sentences, each there until it is dismissed. */

/** A sentence for the user. */
export interface Notice {
  readonly id: number;
  readonly words: string;
}

/** Notices shown at once at most; the oldest gives way. */
export const NOTICES = 3;

/** Add a notice; the same words again do not come twice. */
export function given(notices: readonly Notice[], words: string): readonly Notice[] {
  if (notices.some((one) => one.words === words)) return notices;
  const id = (notices.at(-1)?.id ?? 0) + 1;
  return [...notices, { id, words }].slice(-NOTICES);
}

/** Take a notice away. */
export function dismissed(notices: readonly Notice[], id: number): readonly Notice[] {
  return notices.filter((one) => one.id !== id);
}
