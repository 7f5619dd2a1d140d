/** What somebody says beside their status, as others see it; nothing if they say nothing. */
import type { CustomStatus } from "parley-sdk";

/** One line: the emoji, and the text. */
export function Says({ says }: { says: CustomStatus | undefined }) {
  if (!says) return null;
  return (
    <bdi class="says">
      {says.emoji}
      {says.emoji && says.text && " "}
      {says.text}
    </bdi>
  );
}
