/** What a person can do to what is said in a room, as the views call it; nothing here does it. */
import type { Message, Presence, RoomPresence, Version } from "parley-sdk";

/** Every promise settles without rejecting, having told the user of what went wrong. */
export interface Talk {
  older(room: string): Promise<boolean>;
  newer(room: string): Promise<boolean>;
  newest(room: string): void;
  aim(room: string, seq: number): Promise<void>;
  atBottom(room: string, atBottom: boolean): void;

  /** Have a message and all after it unread, until one comes to the room again. */
  unreadFrom(room: string, seq: number): Promise<boolean>;

  edit(room: string, seq: number, text: string): Promise<boolean>;
  /** The texts that a message had before, the first one first; null: they could not be had. */
  edits(room: string, seq: number): Promise<readonly Version[] | null>;
  remove(room: string, seq: number): Promise<boolean>;
  react(room: string, seq: number, emoji: string, on: boolean): Promise<boolean>;
  /** The names of who reacted so, as many as the server tells. */
  reactors(room: string, seq: number, emoji: string): Promise<readonly string[]>;
  pin(room: string, seq: number, on: boolean): Promise<boolean>;
  /** The pinned messages, the latest pin first; null: they could not be had. */
  pins(room: string): Promise<readonly Message[] | null>;
  /** Whether somebody is here, and since when not; null: that is not known. */
  presence(user: string): Promise<Presence | null>;
  /** How many of a room are here; null: that is not known. */
  here(room: string): Promise<RoomPresence | null>;
  /** These members of a large room are on the screen now, and no others. */
  onScreen(users: readonly string[]): void;
}
