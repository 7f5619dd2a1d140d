/** Moments as people read them here. A format is made once, not for each row that shows one. */

const FORMATS = {
  time: { hour: "numeric", minute: "2-digit" },
  moment: {
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

type Name = keyof typeof FORMATS;

/** What was formatted last, and the second that it is of. */
interface Words {
  readonly second: number;
  readonly words: string;
}

let offset: number | null = null;
const made = new Map<Name, Intl.DateTimeFormat>();
const last = new Map<Name, Words>();

/** The hour and the minute. */
export function timeWords(at: Date): string {
  return formatted("time", at);
}

/** All of a moment, to the second. */
export function momentWords(at: Date): string {
  return formatted("moment", at);
}

function formatted(name: Name, at: Date): string {
  // A device that travels is in another zone than when the format was made.
  const now = new Date().getTimezoneOffset();
  if (now !== offset) {
    made.clear();
    last.clear();
  }
  offset = now;
  // Where much is said, most of it is of the same second as the message before.
  const second = Math.floor(at.getTime() / 1000);
  const known = last.get(name);
  if (known?.second === second) return known.words;
  let format = made.get(name);
  if (!format) {
    format = new Intl.DateTimeFormat(undefined, FORMATS[name]);
    made.set(name, format);
  }
  const words = format.format(at);
  last.set(name, { second, words });
  return words;
}
