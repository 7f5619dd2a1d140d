/** What a message says without its marks, for where it is only named; no markup is made. */
import type { Inline } from "./inline.ts";
import { type Block, markdown } from "./markdown.ts";

/** A line that begins a block of code whose end was cut off. */
const CUT_FENCE = /^ {0,3}```[^`\n]*$/gm;

/** Letters of a text that are looked at for each that is shown: what is long is not read to its end. */
const LOOKED = 8;

/** A text in one line of so many letters at most, without the marks that would make it bold or code. */
export function lineOf(text: string, letters = 200): string {
  return cut(
    plain(text.slice(0, LOOKED * letters))
      .replace(/\s+/g, " ")
      .trim(),
    letters,
  );
}

/** The words alone, on as many lines as they have, with so many letters at most. */
export function linesOf(text: string, letters: number): string {
  return cut(plain(text.slice(0, LOOKED * letters)).trim(), letters);
}

/** So many letters of a text, and a sign that there was more. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const letters = [...text];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
}

/** The words alone, parts of the message on lines of their own. */
export function plain(text: string): string {
  return markdown(text).map(ofBlock).join("\n");
}

function ofBlock(block: Block): string {
  switch (block.type) {
    case "pre":
      return block.text;
    case "quote":
      return block.children.map(ofBlock).join("\n");
    case "list":
      return block.items
        .map(({ children, within }) => [ofLine(children), ...within.map(ofBlock)].join("\n"))
        .join("\n");
    case "text":
      return ofLine(block.children).replace(CUT_FENCE, "");
  }
}

function ofLine(pieces: readonly Inline[]): string {
  return pieces.map(ofPiece).join("");
}

function ofPiece(piece: Inline): string {
  if ("children" in piece) return ofLine(piece.children);
  if ("text" in piece) return piece.text;
  return piece.type === "mention" ? `@${piece.name}` : `:${piece.name}:`;
}
