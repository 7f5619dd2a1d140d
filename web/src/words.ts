/** Errors in the words of the one who meets them, by their code; no error is made here. */
import type { AuditEntry, ErrorCode, OwnBan, RoomPatch } from "parley-sdk";

/** What was being done. */
export type Deed =
  | "sign in"
  | "create account"
  | "sign out"
  | "create room"
  | "list rooms"
  | "join"
  | "leave"
  | "add person"
  | "find people"
  | "write to"
  | "change room"
  | "change picture"
  | "delete room"
  | "change role"
  | "remove person"
  | "ban"
  | "mute"
  | "look after room"
  | "search"
  | "invite"
  | "look at invite"
  | "webhook"
  | "settle"
  | "push"
  | "block"
  | "change name"
  | "list devices"
  | "sign out device"
  | "change password"
  | "look at account"
  | "change mail"
  | "leave here"
  | "edit message"
  | "delete message"
  | "react"
  | "add emoji"
  | "remove emoji"
  | "pin message"
  | "mark unread"
  | "load messages"
  | "load members";

/** What is known of what went wrong. */
export interface Failure {
  readonly code: ErrorCode;
  readonly field: string | null;
  readonly retryAfterMs: number | null;
  /** What the server says of it; for a developer, but for the word to one who is banned. */
  readonly detail?: string;
}

const GENERAL: Readonly<Record<ErrorCode, string>> = {
  bad_frame: "The server did not understand this page. Reloading it should help.",
  unknown_type: "The server did not understand this page. Reloading it should help.",
  bad_key: "The clock of this device is wrong. Set it, then try again.",
  invalid: "That is not allowed.",
  unauthorized: "You are signed out. Sign in again.",
  forbidden: "You may not do that.",
  not_found: "That does not exist, or not any more.",
  too_large: "That is too long.",
  rate_limited: "That was too much at once.",
  conflict: "That is taken already.",
  timeout: "The server took too long. Try again.",
  unavailable: "The server can't be reached now. Try again.",
  internal: "Something went wrong on the server. Try again.",
};

const PARTICULAR: Readonly<Record<string, string>> = {
  "sign in unauthorized": "Wrong username or password.",
  "sign in invalid": "Wrong username or password.",
  "sign in forbidden":
    "This account is out of use. Ask whoever runs this place to let you in again.",
  "create account conflict": "That username is taken. Choose another one.",
  "create account invalid username":
    "A username has 3 to 32 characters: letters a to z, digits, and _ . -",
  "create account invalid password": "A password has 8 to 256 characters.",
  "create account forbidden": "This server does not let people create accounts by themselves.",
  "create room invalid name": "A room's name has 1 to 80 characters that can be seen.",
  "join not_found": "There is no such room any more.",
  "join forbidden": "This room can't be joined.",
  "leave conflict": "You can't leave this room.",
  "add person not_found": "There is nobody by that name.",
  "add person forbidden": "You may not add people to this room.",
  "add person conflict": "They can't be added to this room.",
  "change room invalid name": "A room's name has 1 to 80 characters that can be seen.",
  "change room invalid topic": "A topic has at most 250 characters that can be seen.",
  "change picture invalid": "That is no picture that can be shown, or it is broken.",
  "change picture too_large": "That picture is too large.",
  "change role conflict": "A room needs somebody who owns it.",
  "change password invalid current": "That is not your current password.",
  "change password invalid new":
    "That password is too short, too long or too common. Choose another one.",
  "change mail invalid email": "That is no mail address.",
  "change mail invalid password": "That is not your password.",
  "leave here invalid": "That is not your password.",
  "look at invite not_found": "This invite is not good any more.",
  "webhook invalid":
    "A name and a URL are needed. The URL begins with https:// and leads to a public address.",
  "webhook conflict": "This room has as many webhooks as it can have. Remove one first.",
  "invite conflict": "This room has as many invite links as it can have. Revoke one first.",
  "block conflict": "You have blocked as many people as one can. Unblock one first.",
  "write to forbidden": "They do not take messages from you.",
  "change name invalid": "A name has 1 to 64 characters that can be seen.",
  "edit message forbidden": "Only who wrote a message can change it.",
  "edit message not_found": "That message is not there any more.",
  "edit message too_large": "That is too long for a message.",
  "delete message forbidden": "You may not delete that message.",
  "react forbidden": "You may not react here.",
  "react not_found": "That message is not there any more.",
  "react conflict": "There are too many different reactions already.",
  "react invalid emoji": "There is no such emoji any more.",
  "add emoji conflict name": "That name is taken. Choose another one.",
  "add emoji conflict": "There are as many custom emoji as there can be. Remove one first.",
  "add emoji invalid name": "A name has 2 to 32 of these: a to z, 0 to 9 and _",
  "add emoji invalid file": "That is no PNG, WebP, GIF or JPEG, or it is broken.",
  "add emoji too_large": "That picture is too large.",
  "add emoji forbidden": "You may not add emoji here.",
  "remove emoji forbidden": "You may not remove that emoji.",
  "pin message forbidden": "Only a moderator can pin messages.",
  "pin message conflict": "Too many messages are pinned here. Unpin one first.",
  "load messages not_found": "This room does not exist any more, or you are no longer in it.",
};

/** What to tell whoever did something that failed. */
export function failureWords(deed: Deed, { code, field, retryAfterMs, detail }: Failure): string {
  const words =
    ((deed === "join" && banWords(detail ?? "")) || PARTICULAR[`${deed} ${code} ${field}`]) ??
    PARTICULAR[`${deed} ${code}`] ??
    GENERAL[code];
  if (code !== "rate_limited") return words;
  const seconds = Math.max(1, Math.ceil((retryAfterMs ?? 0) / 1000));
  return retryAfterMs === null
    ? `${words} Wait a little, then try again.`
    : `${words} Try again in ${seconds} s.`;
}

const BAN = /^you are banned from this room(?: until (\S+Z))?(?: \((.*)\))?$/s;

/** Until when one is banned from a room, and why; null if that is not what is said. */
function banWords(detail: string): string | null {
  const [found, until, reason = ""] = BAN.exec(detail) ?? [];
  if (found === undefined) return null;
  const until_ms = until === undefined ? null : Date.parse(until);
  return `You are banned from this room${termWords({ until_ms, reason })}`;
}

/** Until when, and why, as the end of a sentence. */
function termWords({ until_ms, reason }: OwnBan): string {
  const style = { dateStyle: "medium", timeStyle: "short" } as const;
  const end = until_ms === null ? "" : ` until ${new Date(until_ms).toLocaleString([], style)}`;
  return `${end}${reason ? `: ${reason}` : "."}`;
}

/** That one is no longer in a room; `by`: who put one out of it, null where that is not known. */
export function goodbyeWords(room: string, by: string | null, ban: OwnBan | null): string {
  if (ban !== null) {
    const what = by === null ? "You are banned" : `${by} banned you`;
    return `${what} from ${room}${termWords(ban)}`;
  }
  return by === null ? `You are no longer in ${room}.` : `${by} removed you from ${room}.`;
}

const REFUSALS: Readonly<Partial<Record<ErrorCode, string>>> = {
  forbidden: "you may not write here.",
  not_found: "you are not in this room any more.",
  too_large: "it is too long.",
  invalid: "it can't be sent like that.",
  bad_key: "the clock of this device is wrong.",
  rate_limited: "too much is waiting to be sent.",
  unauthorized: "you are signed out.",
};

/** Why a message was not sent, as the end of a sentence. */
export function sendRefusal(code: ErrorCode | null): string {
  return (code && REFUSALS[code]) ?? "something went wrong.";
}

const UPLOADS: Readonly<Partial<Record<ErrorCode, string>>> = {
  invalid: "It is empty, or a broken image.",
  forbidden: "You may not write here.",
  not_found: "You are not in this room any more.",
  too_large: "It is too large.",
  rate_limited: "That was too much to upload. Try again later.",
  unauthorized: "You are signed out.",
};

/** Why a file was not uploaded. */
export function uploadRefusal(code: ErrorCode): string {
  return UPLOADS[code] ?? "It did not get through.";
}

const UNITS = ["bytes", "KB", "MB", "GB"] as const;

/** How long a file is, in few letters. */
export function sizeWords(bytes: number): string {
  const at = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const shown = bytes / 1000 ** at;
  const digits = at > 0 && shown < 10 ? 1 : 0;
  return bytes === 1 ? "1 byte" : `${shown.toFixed(digits)} ${UNITS[at]}`;
}

const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/Edg(e|A|iOS)?\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\/|FxiOS\//, "Firefox"],
  [/Chrome\/|CriOS\/|Chromium\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "Mac"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
];

/** A device in few words, by what it called itself when it signed in (a browser's User-Agent). */
export function deviceName(client: string): string {
  const named = (names: typeof BROWSERS) => names.find(([sign]) => sign.test(client))?.[1];
  const browser = named(BROWSERS);
  const system = named(SYSTEMS);
  if (browser && system) return `${browser} on ${system}`;
  return client === "" ? "A device without a name" : client;
}

/** What was done to a room by a change of it, after the name of who did it. */
export function changeWords(change: object): string {
  const { name, topic, picture, archived, slow_mode_seconds, previews } = change as {
    readonly [field in keyof RoomPatch]?: unknown;
  };
  const done: string[] = [];
  if (name !== undefined) done.push(`named the room ${name}`);
  if (topic !== undefined)
    done.push(topic === "" ? "removed the topic" : `set the topic: ${topic}`);
  if (picture !== undefined)
    done.push(picture === null ? "removed the room's picture" : "gave the room a picture");
  if (archived !== undefined)
    done.push(archived ? "archived the room" : "took the room out of the archive");
  if (slow_mode_seconds !== undefined)
    done.push(`switched slow mode ${slow_mode_seconds === 0 ? "off" : "on"}`);
  if (previews !== undefined) done.push(`switched link previews ${previews ? "on" : "off"}`);
  return done.join(", ") || "changed the room";
}

/** What somebody did in a room, as the record has it; an action of tomorrow is told by its name. */
export function auditWords({ by, action, user, detail }: AuditEntry): string {
  const whom = user?.display_name ?? "somebody";
  const { role = "something else", name = "" } = detail as {
    readonly role?: unknown;
    readonly name?: unknown;
  };
  const words: Readonly<Record<string, string>> = {
    "member.added": `added ${whom}`,
    "member.removed": `removed ${whom}`,
    "member.role": `made ${whom} ${role}`,
    "member.banned": `banned ${whom}`,
    "member.unbanned": `lifted the ban of ${whom}`,
    "member.muted": `muted ${whom}`,
    "member.unmuted": `let ${whom} write again`,
    "webhook.created": `made the webhook ${name}`,
    "webhook.rotated": `gave the webhook ${name} another secret`,
    "webhook.enabled": `enabled the webhook ${name}`,
    "webhook.disabled": `disabled the webhook ${name}`,
    "webhook.removed": `removed the webhook ${name}`,
    "invite.created": "made an invite link",
    "invite.used": "came by an invite link",
    "invite.revoked": "took an invite link back",
    "room.updated": changeWords(detail),
  };
  const did = words[action] ?? `${action.replaceAll(/[._]/g, " ")}${user ? `: ${whom}` : ""}`;
  return `${by.display_name} ${did}`;
}
