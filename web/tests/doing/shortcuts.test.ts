import { describe, expect, test } from "vitest";
import { type Pressed, type Shortcut, shortcutOf } from "../../src/doing/shortcuts.ts";

const pressed = (keys: string): Pressed => {
  const parts = keys.split(" ");
  return {
    key: parts.at(-1) ?? "",
    ctrlKey: parts.includes("Ctrl"),
    metaKey: parts.includes("Cmd"),
    altKey: parts.includes("Alt"),
    shiftKey: parts.includes("Shift"),
  };
};

describe("a key", () => {
  test.each<[string, Shortcut]>([
    ["Ctrl k", "switch"],
    ["Cmd k", "switch"],
    ["Ctrl Shift K", "search"],
    ["Ctrl ,", "settings"],
    ["Alt ArrowDown", "next room"],
    ["Alt ArrowUp", "previous room"],
    ["Alt Shift ArrowDown", "next unread"],
    ["Alt Shift ArrowUp", "previous unread"],
  ])("%s asks for it, also while one writes", (keys, shortcut) => {
    expect(shortcutOf(pressed(keys), false)).toBe(shortcut);
    expect(shortcutOf(pressed(keys), true)).toBe(shortcut);
  });

  test.each<[string, Shortcut]>([
    ["Shift ?", "keys"],
    ["/", "search"],
  ])("%s is a letter while one writes", (keys, shortcut) => {
    expect(shortcutOf(pressed(keys), false)).toBe(shortcut);
    expect(shortcutOf(pressed(keys), true)).toBeNull();
  });

  test.each(["k", "Ctrl Alt k", "Ctrl c", "Alt x", "Enter", "Ctrl Alt ArrowDown"])(
    "%s is none of ours",
    (keys) => {
      expect(shortcutOf(pressed(keys), false)).toBeNull();
    },
  );
});
