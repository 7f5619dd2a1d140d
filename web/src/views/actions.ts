/** What a person can do, as the views call it; nothing here does it. */
import type { Attachment, Facts, OwnStatus, Room } from "parley-sdk";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Account } from "../doing/account.ts";
import type { Affairs } from "../doing/affairs.ts";
import type { Collecting } from "../doing/collecting.ts";
import type { DeviceSettings } from "../doing/device.ts";
import type { Emojis } from "../doing/emojis.ts";
import type { Faces } from "../doing/faces.ts";
import type { Files } from "../doing/files.ts";
import type { Moderation } from "../doing/moderation.ts";
import type { Searching } from "../doing/searching.ts";
import type { Viewing } from "../doing/viewing.ts";
import type { Overlay } from "../overlay.ts";
import type { Route } from "../route.ts";
import type { Talk } from "./talk.ts";

/** A page of public rooms; `next` asks for the one after it. */
export interface PublicRooms {
  readonly rooms: readonly Room[];
  readonly next: string | null;
}

/**
 * Every promise settles without rejecting, having told the user of what went wrong; one of a
 * boolean says whether it was done.
 */
export interface Actions {
  /** What is done about rooms and with people. */
  readonly affairs: Affairs;
  /** What is done to keep order. */
  readonly moderation: Moderation;
  /** What is found. */
  readonly searching: Searching;
  /** What is done about custom emoji. */
  readonly collecting: Collecting;
  /** What is done about oneself. */
  readonly account: Account;

  signIn(username: string, password: string): Promise<void>;
  createAccount(username: string, password: string): Promise<void>;
  /** `everywhere`: on all other devices too. */
  signOut(everywhere?: boolean): Promise<void>;
  setStatus(status: OwnStatus): void;
  /** What was counted of the connection; null: nobody is signed in. */
  measured(): Facts | null;
  setDevice(change: Partial<DeviceSettings>): void;

  go(route: Route): void;
  /** Show a dialog in place of the one there is; null: none. */
  show(overlay: Overlay | null): void;
  createRoom(name: string, isPrivate: boolean): Promise<boolean>;
  publicRooms(beginning: string, cursor: string | null): Promise<PublicRooms | null>;
  join(room: string): Promise<void>;
  leave(room: string): Promise<void>;
  addPerson(room: string, username: string): Promise<boolean>;

  send(
    room: string,
    text: string,
    reply_to?: number | null,
    attachments?: readonly Attachment[],
  ): void;
  retry(room: string, key: string): void;
  discard(room: string, key: string): void;
  drafted(room: string, text: string): void;
  draft(room: string): string;
  /** What can be done to what is said; only while somebody is signed in. */
  readonly talk: Talk;
  /** Files on their way to a message; only while somebody is signed in. */
  readonly files: Files;
  /** Which custom emoji there are; only while somebody is signed in. */
  readonly emojis: Emojis;
  /** Who has which picture; only while somebody is signed in. */
  readonly faces: Faces;
  /** Files of messages, to be looked at; only while somebody is signed in. */
  readonly viewing: Viewing;

  dismiss(notice: number): void;
}

const Context = createContext<Actions | null>(null);

/** Gives the actions to the views below. */
export const ActionsProvider = Context;

/** The actions. */
export function useActions(): Actions {
  const actions = useContext(Context);
  if (!actions) throw new Error("no actions above this view");
  return actions;
}
