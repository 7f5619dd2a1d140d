/** What lies over the page: at most one dialog; not what is in it. */

/** The pages of one's settings. */
export const SETTINGS_PAGES = [
  "profile",
  "appearance",
  "notifications",
  "privacy",
  "devices",
  "account",
  "connection",
  "keyboard",
  "emoji",
] as const;
export type SettingsPage = (typeof SETTINGS_PAGES)[number];

/** The pages of a room's settings. */
export type RoomPage = "about" | "mine" | "members" | "invites" | "webhooks" | "order";

/** A dialog. */
export type Overlay =
  | { readonly dialog: "switcher" }
  | { readonly dialog: "write" }
  | { readonly dialog: "settings"; readonly page: SettingsPage }
  | { readonly dialog: "room"; readonly room: string; readonly page: RoomPage };
