/** Which keys do what wherever one is; what a key does inside a field is that field's own matter. */

/** What a key can ask for. */
export type Shortcut =
  | "switch"
  | "search"
  | "keys"
  | "settings"
  | "next room"
  | "previous room"
  | "next unread"
  | "previous unread";

/** What is looked at of a key event. */
export interface Pressed {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** Give what a key asks for; `writing`: it goes into a field, where a mere letter is a letter. */
export function shortcutOf(pressed: Pressed, writing: boolean): Shortcut | null {
  const { key, altKey, shiftKey } = pressed;
  const command = pressed.ctrlKey || pressed.metaKey;
  if (command && !altKey) {
    if (key.toLowerCase() === "k") return shiftKey ? "search" : "switch";
    return key === "," ? "settings" : null;
  }
  if (altKey && !command) {
    if (key === "ArrowDown") return shiftKey ? "next unread" : "next room";
    if (key === "ArrowUp") return shiftKey ? "previous unread" : "previous room";
    return null;
  }
  if (writing || command || altKey) return null;
  if (key === "?") return "keys";
  return key === "/" ? "search" : null;
}

/** Whether what has the focus takes letters. */
export function takesLetters(element: Element | null): boolean {
  if (element instanceof HTMLInputElement) return !["checkbox", "radio"].includes(element.type);
  return (
    element instanceof HTMLTextAreaElement ||
    element instanceof HTMLSelectElement ||
    (element instanceof HTMLElement && element.isContentEditable)
  );
}
