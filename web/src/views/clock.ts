/** Moments as people read them here. A format is made once, not for each row that shows one. */

const FORMATS = {
  time: { hour: "2-digit", minute: "2-digit" },
  moment: {
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

let offset: number | null = null;
let made = new Map<string, Intl.DateTimeFormat>();

/** The hour and the minute. */
export function timeWords(at: Date): string {
  return formatted("time", at);
}

/** All of a moment, to the second. */
export function momentWords(at: Date): string {
  return formatted("moment", at);
}

function formatted(name: keyof typeof FORMATS, at: Date): string {
  // A device that travels is in another zone than when the format was made.
  const now = new Date().getTimezoneOffset();
  if (now !== offset) made = new Map();
  offset = now;
  let format = made.get(name);
  if (!format) {
    format = new Intl.DateTimeFormat(undefined, FORMATS[name]);
    made.set(name, format);
  }
  return format.format(at);
}
