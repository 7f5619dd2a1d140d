/**
 * Writes the names that Unicode's emoji have here to media/shortcodes.txt, so that no custom emoji
 * gets one of them: `node scripts/shortcodes.ts`. A test says when it is stale.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import shortcodes from "emojibase-data/en/shortcodes/github.json" with { type: "json" };

export const OUTPUT = new URL("../../media/shortcodes.txt", import.meta.url);
/** As `proto/shortcodes.py` has it: other names no custom emoji can have anyway. */
const NAME = /^[a-z0-9_]{2,32}$/;

/** The text of the file. */
export function standardNames(): string {
  const names = Object.values<string | readonly string[]>(shortcodes).flat();
  const sorted = [...new Set(names)].filter((name) => NAME.test(name)).sort();
  return `${sorted.join("\n")}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(OUTPUT, standardNames());
