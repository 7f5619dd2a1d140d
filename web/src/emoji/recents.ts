/** The emoji somebody used last, and the skin tone they chose: kept by the browser. */

const RECENTS_KEY = "parley emoji";
const TONE_KEY = "parley skin tone";
/** Kept at most: two rows of the picker. */
export const RECENTS = 16;
/** For who used none yet. */
const USUAL = ["👍", "❤️", "😄", "🎉", "👀", "✅", "🙏", "😮"];

/** The last used first. */
export function recents(): readonly string[] {
  const kept = read(RECENTS_KEY).filter((one) => one !== "");
  return [...new Set([...kept, ...USUAL])].slice(0, RECENTS);
}

/** Take that one was used. */
export function used(emoji: string): void {
  const others = read(RECENTS_KEY).filter((one) => one !== emoji);
  write(RECENTS_KEY, [emoji, ...others].slice(0, RECENTS));
}

/** The skin tone chosen; "none" for none. */
export function tone(): string {
  return read(TONE_KEY)[0] || "none";
}

/** Take the skin tone chosen. */
export function toned(chosen: string): void {
  write(TONE_KEY, [chosen]);
}

function read(key: string): readonly string[] {
  try {
    return (localStorage.getItem(key) ?? "").split(" ");
  } catch {
    return []; // Storage is forbidden.
  }
}

function write(key: string, values: readonly string[]): void {
  try {
    localStorage.setItem(key, values.join(" "));
  } catch {
    // Storage is forbidden or full: it is forgotten.
  }
}
