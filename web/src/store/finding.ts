/** What a few letters mean: rooms and people, the best first. Pure: it looks at names alone. */

/** Something that can be found; `weight`: the higher one comes first where names fit alike. */
export interface Candidate {
  readonly id: string;
  readonly names: readonly string[];
  readonly weight: number;
}

/** Those that fit, the best first, at most `limit`; without letters all fit. */
export function found<T extends Candidate>(
  letters: string,
  candidates: readonly T[],
  limit: number,
): T[] {
  const wanted = folded(letters.trim().replace(/^[#@]/, ""));
  return candidates
    .map((one) => ({
      one,
      fits: Math.max(...one.names.map((name) => closeness(wanted, folded(name)))),
    }))
    .filter(({ fits }) => fits > 0)
    .sort(
      (a, b) =>
        b.fits - a.fits ||
        b.one.weight - a.one.weight ||
        byName.compare(first(a.one), first(b.one)),
    )
    .slice(0, limit)
    .map(({ one }) => one);
}

const byName = new Intl.Collator();

/** Without case, accents and other marks. */
function folded(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** 4: just so, 3: it begins so, 2: a word begins so, 1: the letters are there in that order. */
function closeness(wanted: string, name: string): number {
  if (wanted === "") return 1;
  if (name === wanted) return 4;
  if (name.startsWith(wanted)) return 3;
  if (name.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(wanted))) return 2;
  let at = -1;
  for (const letter of wanted) {
    at = name.indexOf(letter, at + 1);
    if (at < 0) return 0;
  }
  return 1;
}

function first(one: Candidate): string {
  return one.names[0] ?? "";
}
