/** What the text in the composer will become; no markup. */
import type { Shown } from "../store/message.ts";

/** A new message, an answer to one, or another wording of one. */
export type Aim =
  | { readonly kind: "say" }
  | { readonly kind: "reply" | "edit"; readonly message: Shown };

export const SAY: Aim = { kind: "say" };
