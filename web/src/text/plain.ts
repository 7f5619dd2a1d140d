/** What a message says without its marks, for where it is only named; no markup is made. */
import type { Inline } from "./inline.ts";
import { type Block, markdown } from "./markdown.ts";

/** A line that begins a block of code whose end was cut off. */
const CUT_FENCE = /^ {0,3}```[^`\n]*$/gm;

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
      return block.items.map(ofLine).join("\n");
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
