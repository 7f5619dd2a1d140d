/* Generated from proto/schema.json by `npm run generate`; do not edit. */

/**
 * An id: letters, digits, `_` and `-`, at most 64.
 */
export type Id = string;
/**
 * Milliseconds since the Unix epoch.
 */
export type Milliseconds = number;
export type ClientFrame = Hello | Send | Sync | Read | Typing | Watch | SetStatus | Auth | Ping;
export type Token = string;
/**
 * A place in a room's log.
 */
export type Seq = number;
/**
 * Chosen by the client; the one answer carries it.
 */
export type RequestId = string;
/**
 * A UUIDv7 (RFC 9562 §5.7) that the sender makes once for each message.
 */
export type MessageKey = string;
export type OwnStatus = "dnd" | "idle" | "invisible" | "online";
export type ServerFrame =
  | Ready
  | Resumed
  | Ok
  | ErrorFrame
  | TypingEvent
  | PresenceEvent
  | ReadEvent
  | RoomPreferences
  | BlockEvent
  | UserUpdated
  | NotificationEvent
  | RoomAdded
  | Reconnect
  | AuthExpiring
  | Pong;
export type RoomKind = "direct" | "private" | "public";
export type Role = "member" | "moderator" | "owner";
export type LogEvent =
  | MessageSent
  | MessageEdited
  | MessageDeleted
  | MessagePreview
  | ReactionAdded
  | ReactionRemoved
  | MemberJoined
  | MemberLeft
  | MemberRemoved
  | MemberRole
  | MemberMuted
  | RoomUpdated
  | RoomDeleted
  | MessagePinned
  | MessageUnpinned;
export type Status = "dnd" | "idle" | "offline" | "online";
/**
 * What went wrong. `x-retry`: a send is repeated with the same key.
 */
export type ErrorCode =
  | "bad_frame"
  | "invalid"
  | "bad_key"
  | "unknown_type"
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "too_large"
  | "rate_limited"
  | "conflict"
  | "timeout"
  | "unavailable"
  | "internal";
export type Notify = "all" | "mentions" | "none";
/**
 * Why the server closed. `x-reconnect`: a client comes back by itself.
 */
export type CloseCode = 1000 | 1002 | 1007 | 4000 | 4001 | 4002 | 4003 | 4004 | 4500 | 4501 | 4503 | 4510 | 4511 | 4513;
export type DirectFrom = "all" | "nobody" | "shared";

/**
 * An account with what only its owner and admins may know.
 *
 * `has_password` is false for bots, for people of another issuer, and for those who have yet to use the link that an admin gave them.
 */
export interface Account {
  user: User;
  role: "admin" | "member";
  kind: "bot" | "person";
  email: string | null;
  created_ms: Milliseconds;
  disabled_ms: Milliseconds | null;
  has_password: boolean;
}
/**
 * A person or a bot, as others see them.
 */
export interface User {
  id: Id;
  username: string;
  display_name: string;
  avatar: string | null;
}
/**
 * The first frame. `resume` maps a room to the last seq the client holds of it.
 */
export interface Hello {
  type: "hello";
  token: Token;
  client?: string;
  status?: "dnd" | "idle" | "invisible" | "online";
  resume?: {
    [k: string]: Seq;
  };
}
/**
 * A message for `room`. `key` is its identity: made once, repeated on every retry.
 */
export interface Send {
  type: "send";
  id?: RequestId | null;
  room: Id;
  key: MessageKey;
  text?: string;
  reply_to?: Seq | null;
  thread?: Seq | null;
  attachments?: Id[] | null;
}
/**
 * Asks for the log events of `room` after a seq.
 */
export interface Sync {
  type: "sync";
  id: RequestId;
  room: Id;
  after: Seq;
  limit?: number;
}
/**
 * Moves one's read mark in `room` forward to `seq`.
 */
export interface Read {
  type: "read";
  room: Id;
  seq: Seq;
}
/**
 * Says that one is, or is no longer, typing in `room`.
 */
export interface Typing {
  type: "typing";
  room: Id;
  active: boolean;
}
/**
 * Replaces the set of people whose presence this connection follows.
 */
export interface Watch {
  type: "watch";
  id: RequestId;
  /**
   * @maxItems 500
   */
  users: Id[];
}
/**
 * Says how this connection's person is to be shown.
 */
export interface SetStatus {
  type: "status";
  status: OwnStatus;
}
/**
 * Brings a fresh token to a living connection.
 */
export interface Auth {
  type: "auth";
  id: RequestId;
  token: Token;
}
/**
 * For browsers, which cannot send ping frames; answered by `pong`.
 */
export interface Ping {
  type: "ping";
}
/**
 * `GET /v1/emoji`: all there are, by name, and who may add one.
 */
export interface CustomEmojis {
  emoji: CustomEmoji[];
  may_add: "admins" | "everyone";
}
/**
 * An emoji that somebody added to this installation; `:name:` stands for it.
 */
export interface CustomEmoji {
  name: string;
  url: string;
  width: number;
  height: number;
  added_by: Id;
  added_ms: Milliseconds;
}
/**
 * The state that the live events continue: `last_seq` of each room is where they go on.
 */
export interface Ready {
  type: "ready";
  session: string;
  user: ReadyUser;
  rooms: Room[];
  heartbeat_ms: number;
  limits: ReadyLimits;
  server_time_ms: Milliseconds;
  gateway: string;
}
/**
 * Who the connection speaks for.
 */
export interface ReadyUser {
  id: Id;
  username: string;
  display_name: string;
}
/**
 * A room as one person sees it.
 *
 * For one who is not a member `role` is null and the counts are 0. `name` is null and `peers` lists the others in direct rooms, and only there.
 */
export interface Room {
  id: Id;
  kind: RoomKind;
  name: string | null;
  topic: string;
  role: Role | null;
  members: number;
  /**
   * A place in a room's log.
   */
  last_seq: number;
  /**
   * A place in a room's log.
   */
  read_seq: number;
  unread: number;
  mentions: number;
  muted: boolean;
  notify: "all" | "mentions" | "none";
  favourite: boolean;
  archived: boolean;
  slow_mode_seconds: number;
  picture: string | null;
  previews: boolean;
  muted_until_ms: Milliseconds | null;
  peers: User[];
}
/**
 * The limits in force; 0 means that there is none.
 *
 * `sends_per_10s` of one user, `room_sends_per_10s` of all into one room, `sockets` of one user at a time. `sends_waiting`: sends of one connection into one room that may wait for an earlier one.
 */
export interface ReadyLimits {
  frame_bytes: number;
  text_bytes: number;
  sends_per_10s: number;
  room_sends_per_10s: number;
  sockets: number;
  sends_waiting: number;
  attachments: number;
  sync_events: number;
  resume_events: number;
}
/**
 * The end of a room's replay, or the word that there was none (`complete` false).
 */
export interface Resumed {
  type: "resumed";
  room: Id;
  from: Seq;
  to: Seq;
  complete: boolean;
  gone?: boolean;
}
/**
 * The one answer to a request that was carried out.
 *
 * `result` is the `…Result` that belongs to the request; kept raw, since only the one who asked knows which.
 */
export interface Ok {
  type: "ok";
  id: RequestId;
  result: SendResult | SyncResult | WatchResult | AuthResult;
}
/**
 * Where a message stands; `duplicate` when this key had been stored before.
 */
export interface SendResult {
  seq: Seq;
  ts: Milliseconds;
  duplicate: boolean;
}
/**
 * Log events in order. All events of the room from `oldest` on are still kept.
 */
export interface SyncResult {
  events: LogEvent[];
  more: boolean;
  oldest: Seq;
}
/**
 * Somebody said something. `id` is the key the sender chose; (`sender`, `id`) is unique.
 */
export interface MessageSent {
  type: "message";
  room: Id;
  ts: Milliseconds;
  seq: Seq;
  prev: Seq;
  id: string;
  sender: Id;
  sender_name: string;
  text: string;
  reply_to: Seq | null;
  thread: Seq | null;
  attachments: Attachment[];
  mentions: Id[];
  everyone: boolean;
  edited_ms?: Milliseconds;
  deleted?: boolean;
  previews?: LinkPreview[];
}
/**
 * A file of a message; never a URL, which `POST /v1/media/sign` gives.
 */
export interface Attachment {
  id: Id;
  name: string;
  mime: string;
  size: number;
  width: number | null;
  height: number | null;
  preview?: string;
}
/**
 * What a link in a message leads to, as that page tells it: nothing of it is markup.
 *
 * Without control characters and bidirectional overrides, and cut where it is too long.
 */
export interface LinkPreview {
  url: string;
  title: string;
  description?: string;
  site?: string;
  icon?: string;
  thumbnail?: string;
}
/**
 * The text of the message at `target` is now `text`, and it mentions whom it names now.
 *
 * In a replay after the message was deleted the text is empty: a deleted message stays deleted.
 */
export interface MessageEdited {
  type: "message.edited";
  room: Id;
  ts: Milliseconds;
  seq: Seq;
  prev: Seq;
  target: Seq;
  by: Id;
  text: string;
  mentions: Id[];
  everyone?: boolean;
}
/**
 * The message at `target` is gone, and with it its reactions and its pin.
 */
export interface MessageDeleted {
  type: "message.deleted";
  room: Id;
  ts: Milliseconds;
  seq: Seq;
  prev: Seq;
  target: Seq;
  by: Id;
}
/**
 * These are the previews of the links in the message at `target`, in place of those it had.
 *
 * In the order of the links, which are in its text as `url` has them; none: it has none any more. An edit says so by this event, too: `message.edited` leaves them as they are. In a replay after the message was deleted there are none.
 */
export interface MessagePreview {
  type: "message.preview";
  room: Id;
  ts: Milliseconds;
  seq: Seq;
  prev: Seq;
  target: Seq;
  previews: LinkPreview[];
}
/**
 * `by` reacted to the message at `target`.
 */
export interface ReactionAdded {
  type: "reaction.added";
  room: Id;
  ts: Milliseconds;
  seq: Seq;
  prev: Seq;
  target: Seq;
  by: Id;
  emoji: string;
}
/**
 * `by` took a reaction back.
 */
export interface ReactionRemoved {
  type: "reaction.removed";
  room: Id;
  ts: Milliseconds;
  seq: Seq;
  prev: Seq;
  target: Seq;
  by: Id;
  emoji: string;
}
/**
 * `user` is a member from here on; `by` is the user itself or who added them.
 */
export interface MemberJoined {
  type: "member.joined";
  room: Id;
  ts: Milliseconds;
  seq: Seq;
  prev: Seq;
  user: Id;
  by: Id;
  role: Role;
}
/**
 * `user` left; they get this event and nothing after it.
 */
export interface MemberLeft {
  type: "member.left";
  room: Id;
  ts: Milliseconds;
  seq: Seq;
  prev: Seq;
  user: Id;
  by: Id;
  role: Role;
}
/**
 * `user` was removed; they get this event and nothing after it.
 */
export interface MemberRemoved {
  type: "member.removed";
  room: Id;
  ts: Milliseconds;
  seq: Seq;
  prev: Seq;
  user: Id;
  by: Id;
  role: Role;
  banned?: boolean;
}
/**
 * `user` has `role` from here on.
 */
export interface MemberRole {
  type: "member.role";
  room: Id;
  ts: Milliseconds;
  seq: Seq;
  prev: Seq;
  user: Id;
  by: Id;
  role: Role;
}
/**
 * `user` may write nothing here until a time; null: they may again.
 */
export interface MemberMuted {
  type: "member.muted";
  room: Id;
  ts: Milliseconds;
  seq: Seq;
  prev: Seq;
  user: Id;
  by: Id;
  until_ms: Milliseconds | null;
}
/**
 * The fields that are present changed.
 */
export interface RoomUpdated {
  type: "room.updated";
  room: Id;
  ts: Milliseconds;
  seq: Seq;
  prev: Seq;
  by: Id;
  name?: string;
  topic?: string;
  picture?: string | null;
  slow_mode_seconds?: number;
  archived?: boolean;
  previews?: boolean;
}
/**
 * The room is gone; nothing comes after this event.
 */
export interface RoomDeleted {
  type: "room.deleted";
  room: Id;
  ts: Milliseconds;
  seq: Seq;
  prev: Seq;
  by: Id;
}
/**
 * The message at `target` is pinned.
 */
export interface MessagePinned {
  type: "message.pinned";
  room: Id;
  ts: Milliseconds;
  seq: Seq;
  prev: Seq;
  target: Seq;
  by: Id;
}
/**
 * The message at `target` is no longer pinned.
 */
export interface MessageUnpinned {
  type: "message.unpinned";
  room: Id;
  ts: Milliseconds;
  seq: Seq;
  prev: Seq;
  target: Seq;
  by: Id;
}
/**
 * The presence, now, of those watched whom the asker may see.
 */
export interface WatchResult {
  presence: Presence[];
}
/**
 * Whether a person is here; `last_seen_ms` is null for one who is online or was never here.
 *
 * One who hides their presence looks as if they had never been here.
 */
export interface Presence {
  user: Id;
  status: Status;
  last_seen_ms: Milliseconds | null;
  custom_status?: CustomStatus;
}
/**
 * What somebody says beside their status, such as "On holiday": a text, an emoji, or both.
 *
 * At `until_ms` it is over, unless that is null.
 */
export interface CustomStatus {
  text: string;
  emoji: string | null;
  until_ms: Milliseconds | null;
}
/**
 * How long the fresh token lasts.
 */
export interface AuthResult {
  expires_in_ms: number;
}
/**
 * The one answer to a request that was not, or word of a frame that could not be read.
 */
export interface ErrorFrame {
  type: "error";
  id?: RequestId | null;
  code: ErrorCode;
  message: string;
  field?: string | null;
  retry_after_ms?: number | null;
  server_time_ms?: Milliseconds | null;
}
/**
 * Somebody types, or stopped.
 */
export interface TypingEvent {
  type: "typing";
  room: Id;
  user: Id;
  active: boolean;
}
/**
 * A watched person came, went, or changed status.
 */
export interface PresenceEvent {
  type: "presence";
  user: Id;
  status: Status;
  last_seen_ms: Milliseconds | null;
  custom_status?: CustomStatus;
}
/**
 * `user` has read `room` up to `seq`.
 */
export interface ReadEvent {
  type: "read";
  room: Id;
  user: Id;
  seq: Seq;
}
/**
 * This person chose, on this device or another, how to have a room.
 */
export interface RoomPreferences {
  type: "room.preferences";
  room: Id;
  muted: boolean;
  notify: Notify;
  favourite: boolean;
}
/**
 * This person blocked `user`, or does no more, on this device or another.
 */
export interface BlockEvent {
  type: "block";
  user: Id;
  blocked: boolean;
}
/**
 * Somebody who shares a room with this person, or they themselves, is called otherwise now.
 */
export interface UserUpdated {
  type: "user.updated";
  user: User;
}
/**
 * Somebody said something that this person must hear of, and has not read within seconds.
 *
 * Of several messages of a room the one that concerns them most, and of those the last. `kind` is `mention`, `reply`, `direct`, `everyone` or `message`; there may be others.
 */
export interface NotificationEvent {
  type: "notification";
  kind: string;
  room: Id;
  seq: Seq;
  sound: boolean;
}
/**
 * The user is now in a room; events after its `last_seq` follow.
 */
export interface RoomAdded {
  type: "room.added";
  room: Room;
}
/**
 * The gateway is about to close; reconnect in `after_ms`.
 */
export interface Reconnect {
  type: "reconnect";
  after_ms: number;
  reason: string;
}
/**
 * The token runs out soon: send `auth` with a fresh one.
 */
export interface AuthExpiring {
  type: "auth.expiring";
  expires_in_ms: number;
}
/**
 * The answer to `ping`.
 */
export interface Pong {
  type: "pong";
}
/**
 * A page of what was done in a room, the newest first.
 */
export interface Audit {
  entries: AuditEntry[];
  next?: string;
}
/**
 * Who did what in a room, and to whom; which `action` has what `detail`: the protocol's table.
 *
 * `user` is null where it was done to nobody in particular.
 */
export interface AuditEntry {
  ts: Milliseconds;
  by: User;
  action: string;
  user: User | null;
  detail: {
    [k: string]: string | number | boolean | null;
  };
}
/**
 * A page of bans, the newest first.
 */
export interface Bans {
  bans: Sanction[];
  next?: string;
}
/**
 * A ban or a mute that is in force; `until_ms` is null where it has no end.
 */
export interface Sanction {
  user: User;
  by: User;
  reason: string;
  until_ms: Milliseconds | null;
  created_ms: Milliseconds;
}
/**
 * Until when oneself is kept out of a room, and why; `until_ms` is null where it has no end.
 */
export interface OwnBan {
  reason: string;
  until_ms: Milliseconds | null;
}
/**
 * What an outgoing webhook did not deliver, the newest first; of very many the newest.
 */
export interface DeadLetters {
  dead_letters: DeadLetter[];
}
/**
 * A log event that was not delivered within a day, and why it was not, the last time.
 */
export interface DeadLetter {
  seq: Seq;
  reason: string;
  failed_ms: Milliseconds;
}
/**
 * What a search found, the newest first; `next` is the cursor of the following page.
 *
 * A page may have fewer hits than `limit`, or none, and a next one all the same: a search has so much time and then says how far it came; and messages may be edited while one searches.
 */
export interface Hits {
  hits: Hit[];
  next?: string;
}
/**
 * A message that a search found.
 *
 * `highlights` are the places [start, end) of the words in its `text`, in characters (Unicode code points), in order and without overlaps.
 */
export interface Hit {
  room: Id;
  message: Message;
  highlights: number[][];
}
/**
 * A message with everything applied that came after it, up to its page's `as_of_seq`.
 *
 * A deleted one has its place, its sender and its time, and nothing of what was said or done.
 */
export interface Message {
  id: string;
  room: Id;
  seq: Seq;
  prev: Seq;
  ts: Milliseconds;
  sender: Id;
  sender_name: string;
  text: string;
  reply_to: Seq | null;
  thread: Seq | null;
  attachments: Attachment[];
  mentions: Id[];
  everyone: boolean;
  reactions: Reaction[];
  edited_ms?: Milliseconds;
  deleted?: boolean;
  pinned?: boolean;
  quote?: Quote;
  previews?: LinkPreview[];
}
/**
 * How many reacted to a message with one emoji, and whether the reader did.
 */
export interface Reaction {
  emoji: string;
  count: number;
  me: boolean;
}
/**
 * The message that another one answers, as it is now; `text` is its beginning.
 *
 * Of a deleted one there is no text.
 */
export interface Quote {
  seq: Seq;
  sender: Id;
  sender_name: string;
  text: string;
  deleted?: boolean;
}
/**
 * What an invite leads to, and who made it.
 */
export interface RoomInvitation {
  room: InvitedRoom;
  by: User;
}
/**
 * A room as one sees it who is invited to it.
 */
export interface InvitedRoom {
  id: Id;
  name: string | null;
  topic: string;
  kind: RoomKind;
  members: number;
}
/**
 * The invites of a room that are good, the newest first.
 */
export interface Invites {
  invites: Invite[];
}
/**
 * A link into a room; `uses_left` is null where only its time bounds it.
 */
export interface Invite {
  code: Id;
  url: string;
  room: Id;
  by: User;
  created_ms: Milliseconds;
  expires_ms: Milliseconds;
  uses_left: number | null;
}
/**
 * `POST /v1/auth/login`; `cookie` is for browsers: the refresh token goes into a cookie.
 */
export interface Login {
  username: string;
  password: string;
  cookie?: boolean;
}
/**
 * A webhook with its secret, which is shown this once.
 *
 * `url` of an incoming one is where to post, the secret in it. What is posted to that of an outgoing one is signed with the secret.
 */
export interface MadeWebhook {
  webhook: Webhook;
  secret: string;
  url: string;
}
/**
 * A webhook of a room, without what is secret about it; it ends with the rights of `by`.
 *
 * Of an outgoing one: `url` is where is posted. `failing_since_ms`: since when nothing gets there, and `reason` why; null while all is well. `disabled_ms`: since when nothing is posted, after it failed for a day.
 */
export interface Webhook {
  id: Id;
  room: Id;
  kind: "incoming" | "outgoing";
  name: string;
  by: User;
  created_ms: Milliseconds;
  url: string | null;
  failing_since_ms: Milliseconds | null;
  reason: string | null;
  disabled_ms: Milliseconds | null;
}
/**
 * A user in a room, and what they may do there.
 */
export interface Member {
  user: User;
  role: Role;
  joined_ms: Milliseconds;
}
/**
 * `PATCH /v1/rooms/{room}/members/{user}`.
 */
export interface MemberPatch {
  role: Role;
}
/**
 * A page of members.
 */
export interface Members {
  members: Member[];
  next?: string;
}
/**
 * `PATCH /v1/rooms/{room}/messages/{seq}`.
 */
export interface MessagePatch {
  text: string;
}
/**
 * Messages, in the order that the operation tells.
 */
export interface Messages {
  messages: Message[];
}
/**
 * A page of mutes, the newest first.
 */
export interface Mutes {
  mutes: Sanction[];
  next?: string;
}
/**
 * `POST /v1/rooms/{room}/invites`: for how many seconds, and how often it is good.
 */
export interface NewInvite {
  expires_in?: number;
  uses?: number | null;
}
/**
 * `POST /v1/rooms/{room}/members`.
 */
export interface NewMember {
  user: Id;
  role?: "member" | "moderator" | "owner";
}
/**
 * `POST /v1/rooms/{room}/messages`: the same as `send`, with the same `key` on every retry.
 */
export interface NewMessage {
  key: MessageKey;
  text?: string;
  reply_to?: Seq | null;
  thread?: Seq | null;
  attachments?: Id[] | null;
}
/**
 * `PUT /v1/notify/push`: what `PushSubscription.toJSON()` of a browser gives, and a name.
 */
export interface NewPushDevice {
  endpoint: string;
  keys: PushKeys;
  label?: string;
}
/**
 * What to encrypt for a browser with (RFC 8291), in base64url.
 */
export interface PushKeys {
  p256dh: string;
  auth: string;
}
/**
 * `POST /v1/rooms`; `members` are user ids to add at once.
 */
export interface NewRoom {
  kind: RoomKind;
  name?: string | null;
  topic?: string | null;
  members?: Id[];
}
/**
 * `PUT /v1/rooms/{room}/bans/{user}` and `…/mutes/{user}`; without `until_ms` it has no end.
 */
export interface NewSanction {
  reason?: string;
  until_ms?: Milliseconds | null;
}
/**
 * `POST /v1/rooms/{room}/webhooks`: `name` is what readers see above what comes by it.
 *
 * `url` is where an outgoing one posts, and no other one has it.
 */
export interface NewWebhook {
  name: string;
  kind?: "incoming" | "outgoing";
  url?: string | null;
}
/**
 * What one has settled for oneself.
 *
 * `receipts`: others see how far one has read. `direct`: who may open a direct room with one: anybody, those who share a room, or nobody. `presence`: those who share a room see whether one is here, when one was last, and `custom_status`; else one is offline for them.
 */
export interface OwnSettings {
  receipts: boolean;
  direct: DirectFrom;
  presence: boolean;
  custom_status: CustomStatus | null;
}
/**
 * Messages of a room, oldest first.
 *
 * `as_of_seq`: the log up to it is applied; a client applies only later events.
 */
export interface Page {
  messages: Message[];
  more: boolean;
  as_of_seq: Seq;
  events: (
    MemberJoined | MemberLeft | MemberRemoved | MemberRole | RoomUpdated | RoomDeleted | MessagePinned | MessageUnpinned
  )[];
}
/**
 * `POST /v1/auth/password`.
 */
export interface PasswordChange {
  current: string;
  new: string;
}
/**
 * How one wants to have a room; nobody else learns of it.
 */
export interface Preferences {
  muted: boolean;
  notify: Notify;
  favourite: boolean;
}
/**
 * Presence of the users asked for whom the asker may see; the others are left out.
 */
export interface PresenceList {
  presence: Presence[];
}
/**
 * An error over HTTP: RFC 9457 problem details with Parley's `code`.
 */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  detail: string;
  field?: string | null;
  retry_after_ms?: number | null;
  server_time_ms?: Milliseconds | null;
  request_id?: string | null;
}
/**
 * `PATCH /v1/auth/me`.
 */
export interface ProfilePatch {
  display_name?: string;
}
/**
 * A browser that somebody is told in while Parley is closed.
 *
 * `used_ms`: when it last said that it is there. `current`: the session that asks subscribed it.
 */
export interface PushDevice {
  id: string;
  label: string;
  created_ms: Milliseconds;
  used_ms: Milliseconds;
  current: boolean;
}
/**
 * `public_key` is what a browser subscribes with (`applicationServerKey`), in base64url.
 */
export interface PushSettings {
  public_key: string;
  devices: PushDevice[];
}
/**
 * Who reacted to a message, by emoji, in the order they came.
 */
export interface Reactions {
  reactions: ReactionUsers[];
}
/**
 * Who reacted with one emoji, in the order they did; at most `limits.REACTION_USERS` named.
 */
export interface ReactionUsers {
  emoji: string;
  count: number;
  me: boolean;
  users: User[];
}
/**
 * Where one's read mark stands, and what is left above it.
 */
export interface ReadMark {
  read_seq: Seq;
  unread: number;
  mentions: number;
}
/**
 * How far the others of a room have read, those who show it.
 */
export interface Receipts {
  receipts: Receipt[];
}
/**
 * How far somebody has read.
 */
export interface Receipt {
  user: Id;
  read_seq: Seq;
}
/**
 * `POST /v1/auth/refresh`; without a token here, the one in the cookie is meant.
 */
export interface Refresh {
  refresh_token?: string | null;
}
/**
 * `POST /v1/auth/register`; `cookie` is for browsers: the refresh token goes into a cookie.
 *
 * `invitation` is the secret of a link, where one is needed.
 */
export interface Register {
  username: string;
  password: string;
  display_name?: string | null;
  cookie?: boolean;
  invitation?: string | null;
}
/**
 * `POST …/dead-letters/replay`: which places of the log; null: all of them.
 */
export interface Replay {
  seqs?: Seq[] | null;
}
/**
 * How many are delivered anew; they are dead letters no more.
 */
export interface Replayed {
  replayed: number;
}
/**
 * `PATCH /v1/rooms/{room}`; what is left out stays as it is.
 */
export interface RoomPatch {
  name?: string;
  topic?: string;
  picture?: string | null;
  slow_mode_seconds?: number;
  archived?: boolean;
  previews?: boolean;
}
/**
 * How many are in a room, and how many of them others see here.
 */
export interface RoomPresence {
  room: Id;
  members: number;
  online: number;
}
/**
 * A page of rooms; `next` is the cursor of the following page, absent on the last.
 */
export interface Rooms {
  rooms: Room[];
  next?: string;
}
/**
 * `PUT /v1/rooms/{room}/preferences`; what is left out stays as it is.
 */
export interface SetPreferences {
  muted?: boolean;
  notify?: Notify;
  favourite?: boolean;
}
/**
 * Every living session of a person, the one used last first; at most 100.
 */
export interface Sessions {
  sessions: Session[];
}
/**
 * One sign-in on one device. `current` is the one whose token was used to ask.
 *
 * `client` is what the device called itself when it signed in, `address` where it was last; `last_used_ms` is when it last had a fresh access token, which it needs every 15 minutes.
 */
export interface Session {
  id: Id;
  client: string;
  address: string;
  created_ms: Milliseconds;
  last_used_ms: Milliseconds;
  current: boolean;
}
/**
 * `PATCH /v1/settings`; what is left out stays as it is.
 */
export interface SettingsPatch {
  receipts?: boolean;
  direct?: DirectFrom;
  presence?: boolean;
  custom_status?: CustomStatus | null;
}
/**
 * `PUT /v1/rooms/{room}/read`; only `back` moves the mark backward.
 */
export interface SetRead {
  seq: Seq;
  back?: boolean;
}
/**
 * `POST /v1/media/sign`: files to be looked at.
 */
export interface SignMedia {
  /**
   * @minItems 1
   * @maxItems 100
   */
  ids: Id[];
}
/**
 * The answer to register, login, refresh and token; `expires_in` is in seconds.
 *
 * `refresh_token` is null for who asked for the cookie: it is there, where no script reads it; and for a bot, which trades its API token again.
 */
export interface SignedIn {
  user: User;
  access_token: string;
  refresh_token: string | null;
  expires_in: number;
}
/**
 * By id. Whatever is not there for the reader is left out, as if it were nowhere.
 */
export interface SignedUrls {
  urls: {
    [k: string]: SignedMedia;
  };
}
/**
 * Where a file is, for whoever has the URL, until `expires_ms`.
 *
 * `thumb_url` is of the middle one of `thumbs`, which an image has, the smallest first; one that is hardly larger has none, and a `thumb_url` that is `url`. Null for whatever is no image.
 */
export interface SignedMedia {
  url: string;
  thumb_url: string | null;
  expires_ms: Milliseconds;
  thumbs: Thumbnail[];
}
/**
 * A smaller picture of an image, as WebP.
 */
export interface Thumbnail {
  url: string;
  width: number;
  height: number;
}
/**
 * A page of users.
 */
export interface Users {
  users: User[];
  next?: string;
}
/**
 * The former texts of a message, oldest first; none of a deleted one.
 */
export interface Versions {
  versions: Version[];
}
/**
 * A text that a message had, and when it was written.
 */
export interface Version {
  text: string;
  ts: Milliseconds;
}
/**
 * `PATCH /v1/rooms/{room}/webhooks/{webhook}`: whether an outgoing one posts.
 */
export interface WebhookPatch {
  enabled: boolean;
}
/**
 * The webhooks of a room, the newest first.
 */
export interface Webhooks {
  webhooks: Webhook[];
}

/** Numbers that both sides must agree on; units are in the names. */
export const LIMITS = {
  /** Largest frame from a client; a fragmented message is counted whole. Beyond: close 4513. */
  FRAME_BYTES: 65536,
  /** Largest `text` of a message in UTF-8. Beyond: `too_large`. */
  TEXT_BYTES: 16384,
  /** Deepest nesting of arrays and objects in a frame. Beyond: `bad_frame`. */
  FRAME_DEPTH: 32,
  /** Longest id of anything. */
  ID_CHARACTERS: 64,
  /** Longest `id` a client gives a request. */
  REQUEST_ID_CHARACTERS: 64,
  /** A `hello` comes that soon after the upgrade, or the socket is closed with 4511. */
  HELLO_TIMEOUT_SECONDS: 10,
  /** The server pings that often; a peer silent for two of them is closed with 4004. */
  HEARTBEAT_MS: 25000,
  /** Frames kept between `hello` and `ready`; one more closes with 4510. */
  FRAMES_BEFORE_READY: 32,
  /** Bad frames answered within a minute; the last of them closes with 4510. */
  BAD_FRAMES_PER_MINUTE: 10,
  /** Longest `client` of a `hello`, the name a person sees in their list of devices. */
  CLIENT_NAME_CHARACTERS: 128,
  /** Longest access token taken. */
  TOKEN_CHARACTERS: 8192,
  /** Longest gap a resume replays; beyond it the room is answered `complete:false`. */
  RESUME_EVENTS: 500,
  /** Rooms taken in one `hello.resume`; more is `invalid`. */
  RESUME_ROOMS: 1000,
  /** Largest `limit` of a `sync`. */
  SYNC_EVENTS: 200,
  /** Most people that one connection watches. */
  WATCH_USERS: 500,
  /** Most attachments of one message. */
  ATTACHMENTS: 10,
  /** Longest name of a file; a longer one is cut before its ending. */
  FILE_NAME_CHARACTERS: 128,
  /** Links of one message that are looked up, the first ones. */
  PREVIEWS: 3,
  /** Longest title of a preview; a longer one is cut. */
  PREVIEW_TITLE_CHARACTERS: 200,
  /** Longest description of a preview; a longer one is cut. */
  PREVIEW_DESCRIPTION_CHARACTERS: 400,
  /** Longest name of a site in a preview; a longer one is cut. */
  PREVIEW_SITE_CHARACTERS: 80,
  /** Longest icon of a preview, as Base64; one that takes more is made smaller. */
  PREVIEW_ICON_CHARACTERS: 2048,
  /** Longest thumbnail of a preview, as Base64; one that takes more is made smaller. */
  PREVIEW_THUMBNAIL_CHARACTERS: 5120,
  /** How often one message may be edited. */
  EDITS: 100,
  /** Most different emoji on one message. */
  REACTION_KINDS: 20,
  /** Most people named for one emoji of a message, those who reacted first; `count` has them all. */
  REACTION_USERS: 100,
  /** Most messages pinned in one room. */
  PINS: 100,
  /** Names of a text that are looked up, the first ones; what comes after them stays text. */
  MENTIONS: 100,
  /** So much of the text of an answered message is quoted. */
  QUOTE_CHARACTERS: 200,
  /** Most events besides messages that a page brings along, the latest of its stretch. */
  PAGE_EVENTS: 100,
  /** Sends of one connection into one room that wait for the one before; more is `rate_limited`. */
  SENDS_WAITING: 32,
  /** How far a message key may lie ahead of the server's clock. */
  KEY_AHEAD_MS: 60000,
  /** JetStream's duplicate window: a retry within it is caught by the log itself. */
  DEDUPE_WINDOW_MS: 300000,
  /** Taken off the window before the log is trusted with a retry: clocks of client and gateway err. */
  DEDUPE_MARGIN_MS: 120000,
  /** A key that is older may be a retry's, of a message that was deleted meanwhile. */
  RETRY_MS: 10000,
  /** How long a gateway retries a publish before it answers `timeout`. */
  SEND_DEADLINE_SECONDS: 15,
  /** A connection is present that long after its gateway last said so: with the time to notice and to tell it, whoever was on a gateway that died is gone within 20 s, and here for 10 s at least. */
  LEASE_MS: 17000,
  /** How long somebody is still here whose connection broke, or was ended by its gateway: time to come back in, unseen. */
  LINGER_MS: 10000,
  /** How often a gateway says which connections live. */
  LEASE_RENEW_SECONDS: 5,
  /** In rooms with more members one is told of what mentions or answers one, not of everything. */
  NOTIFY_MEMBERS: 200,
  /** So long after it was said a message may be read on any device, and nobody is told of it. */
  NOTIFY_SECONDS: 3,
  /** Browsers that one person is told in while Parley is closed; one more takes the place of the one that was not heard of for longest. */
  PUSH_SUBSCRIPTIONS: 20,
  /** Most people in one answer of history about whom a message concerns. */
  AUDIENCE_PEOPLE: 1000,
  /** Somebody who types is shown so long unless they say it again. */
  TYPING_SECONDS: 6,
  /** A person's typing in a room is taken so often at most; what comes sooner is let go by. */
  TYPING_CHANGE_SECONDS: 2,
  /** Rooms with more members pass no typing. */
  TYPING_MEMBERS: 200,
  /** Of rooms with more members a client shows how many are here, and watches those on the screen. */
  PRESENCE_MEMBERS: 200,
  /** Unsent bytes of one socket; beyond: close 4001. */
  OUTBOX_BYTES: 1048576,
  /** Bytes of recent events a gateway keeps for one room. */
  TAIL_BYTES: 65536,
  /** Of a-z 0-9 _ . - once capitals are folded. */
  USERNAME_CHARACTERS: [3,32],
  /** Of any kind; nothing is asked of their mixture. */
  PASSWORD_CHARACTERS: [8,256],
  /** Without control characters and bidirectional overrides, one of them visible. */
  DISPLAY_NAME_CHARACTERS: [1,64],
  /** Without control characters and bidirectional overrides, one of them visible. */
  ROOM_NAME_CHARACTERS: [1,80],
  /** Most characters of a topic, without control characters and bidirectional overrides. */
  TOPIC_CHARACTERS: 250,
  /** Longest reason of a ban or a mute, without control characters and bidirectional overrides. */
  REASON_CHARACTERS: 250,
  /** More than any emoji has. */
  EMOJI_CHARACTERS: 64,
  /** Custom emoji of one installation; more is a `conflict`. */
  CUSTOM_EMOJI: 1000,
  /** The longest picture that is taken for a custom emoji. */
  CUSTOM_EMOJI_BYTES: 262144,
  /** The longest edge of a custom emoji's picture as it is given out, in pixels. */
  CUSTOM_EMOJI_EDGE: 128,
  /** The longest image that is taken for the picture of a person: with its form it is below what balancers let pass. Larger ones are made smaller before they are sent. */
  AVATAR_BYTES: 900000,
  /** The longest edge of a person's picture as it is given out, in pixels; it is square. */
  AVATAR_EDGE: 256,
  /** Most characters of what somebody says beside their status, without control characters and bidirectional overrides. */
  CUSTOM_STATUS_CHARACTERS: 100,
  /** Longest pause that a room asks of its members between two messages. */
  SLOW_MODE_SECONDS: 21600,
  /** How long an invite may last. */
  INVITE_SECONDS: [60,31622400],
  /** How often an invite may be good at most, where it says how often. */
  INVITE_USES: 10000,
  /** Invites of one room that are good at a time; more is a `conflict`. */
  INVITES: 100,
  /** So long a webhook is tried; what is not delivered by then is a dead letter, and one that failed for so long is disabled. */
  WEBHOOK_SECONDS: 86400,
  /** Receivers of webhooks refuse what was signed longer ago, or so far ahead. */
  WEBHOOK_SKEW_SECONDS: 300,
  /** Dead letters of one webhook; the oldest are let go. */
  DEAD_LETTERS: 1000,
  /** Webhooks of one room; more is a `conflict`. */
  WEBHOOKS: 20,
  /** People that one person blocks at most; more is a `conflict`. */
  BLOCKS: 1000,
  /** What has no end ends then: the last moment that a Date of JavaScript can hold. */
  FOREVER_MS: 8640000000000000,
  /** How many people a direct room joins. */
  DIRECT_USERS: [2,8],
  /** Most members named when a room is made. */
  ROOM_MEMBERS_AT_ONCE: 100,
  /** Largest `limit` of a page over HTTP. */
  PAGE_ITEMS: 100,
  /** Largest `limit` of a search. */
  SEARCH_HITS: 50,
  /** Longest `q` of a search. */
  SEARCH_CHARACTERS: 256,
  /** Most ids in a comma-separated query parameter. */
  IDS_PER_QUERY: 100,
  /** Rooms with more members do not pass read marks to others. */
  RECEIPTS_MEMBERS: 100,
  /** Life of an access token. */
  ACCESS_TOKEN_SECONDS: 900,
  /** A log that was lost is made again at the next multiple: no sequence is ever used twice. */
  SEQ_LEAP: 1000000000,
  /** Sequences stay below what a JSON number in a browser holds exactly (RFC 8259 §6). */
  SEQ_MAX: 9007199254740992,
} as const;

/** Why the server closed, by name. */
export const CLOSE = {
  /** The answer to a client that closed with it. */
  NORMAL: 1000,
  /** A frame that RFC 6455 does not allow: reserved bits, no mask, a torn message. */
  PROTOCOL_ERROR: 1002,
  /** A text message that is not UTF-8. */
  NOT_UTF8: 1007,
  /** The gateway is going; `reconnect` told when to come back. */
  DRAIN: 4000,
  /** The client did not read: more than 1 MiB was waiting for it. Resume. */
  SLOW_CONSUMER: 4001,
  /** The gateway may have missed events. Resume at once. */
  DISCONTINUITY: 4002,
  /** The gateway could not answer the `hello` now. */
  UNAVAILABLE: 4003,
  /** Nothing was heard of the client for two heartbeats. Resume. */
  SILENT: 4004,
  /** The token is not good or ran out; get a fresh one, then reconnect. */
  UNAUTHORIZED: 4500,
  /** Signed out, disabled or banned. Stop. */
  REVOKED: 4501,
  /** Above the limit for one user the oldest socket makes way for the newest. Stop. */
  REPLACED: 4503,
  /** A bug in the client: no `hello` first, or ten bad frames within a minute. Stop. */
  PROTOCOL: 4510,
  /** No `hello` within ten seconds: the network was slow. Reconnect. */
  HELLO_TIMEOUT: 4511,
  /** A message of more than 64 KiB, fragments counted together: a bug in the client. Stop. */
  FRAME_TOO_LARGE: 4513,
} as const satisfies Record<string, CloseCode>;

/** Close codes after which a client comes back by itself, besides every other in 4000-4499. */
export const RECONNECT: readonly CloseCode[] = [4000, 4001, 4002, 4003, 4004, 4511];

/** Error codes after which a send is repeated with the same key; every other one is final. */
export const RETRYABLE: readonly ErrorCode[] = ["timeout", "unavailable"];

export const ERROR_CODES: readonly ErrorCode[] = ["bad_frame", "invalid", "bad_key", "unknown_type", "unauthorized", "forbidden", "not_found", "too_large", "rate_limited", "conflict", "timeout", "unavailable", "internal"];

/** Which definition a frame or log event of a server has, by its `type`. */
export const RECEIVED: ReadonlyMap<string, keyof typeof SHAPES> = new Map([
  ["ready", "Ready"],
  ["resumed", "Resumed"],
  ["ok", "Ok"],
  ["error", "ErrorFrame"],
  ["typing", "TypingEvent"],
  ["presence", "PresenceEvent"],
  ["read", "ReadEvent"],
  ["room.preferences", "RoomPreferences"],
  ["block", "BlockEvent"],
  ["user.updated", "UserUpdated"],
  ["notification", "NotificationEvent"],
  ["room.added", "RoomAdded"],
  ["reconnect", "Reconnect"],
  ["auth.expiring", "AuthExpiring"],
  ["pong", "Pong"],
  ["message", "MessageSent"],
  ["message.edited", "MessageEdited"],
  ["message.deleted", "MessageDeleted"],
  ["message.preview", "MessagePreview"],
  ["reaction.added", "ReactionAdded"],
  ["reaction.removed", "ReactionRemoved"],
  ["member.joined", "MemberJoined"],
  ["member.left", "MemberLeft"],
  ["member.removed", "MemberRemoved"],
  ["member.role", "MemberRole"],
  ["member.muted", "MemberMuted"],
  ["room.updated", "RoomUpdated"],
  ["room.deleted", "RoomDeleted"],
  ["message.pinned", "MessagePinned"],
  ["message.unpinned", "MessageUnpinned"],
]);

/** What is checked of what comes in, in the form of `shape.ts`. */
export const SHAPES = {
  Account: {"fields":{"user":{"ref":"User"},"role":{"in":["admin","member"]},"kind":{"in":["bot","person"]},"email":{"any":["string","null"]},"created_ms":"natural","disabled_ms":{"any":["natural","null"]},"has_password":"boolean"}},
  Attachment: {"fields":{"id":"string","name":"string","mime":"string","size":"integer","width":{"absent":null,"of":{"any":["integer","null"]}},"height":{"absent":null,"of":{"any":["integer","null"]}},"preview?":"string"}},
  Audit: {"fields":{"entries":{"list":{"ref":"AuditEntry"}},"next?":"string"}},
  AuditEntry: {"fields":{"ts":"natural","by":{"ref":"User"},"action":"string","user":{"any":[{"ref":"User"},"null"]},"detail":"object"}},
  AuthExpiring: {"fields":{"type":{"in":["auth.expiring"]},"expires_in_ms":"integer"}},
  AuthResult: {"fields":{"expires_in_ms":"integer"}},
  Bans: {"fields":{"bans":{"list":{"ref":"Sanction"}},"next?":"string"}},
  BlockEvent: {"fields":{"type":{"in":["block"]},"user":"string","blocked":"boolean"}},
  CustomEmoji: {"fields":{"name":"string","url":"string","width":"integer","height":"integer","added_by":"string","added_ms":"natural"}},
  CustomEmojis: {"fields":{"emoji":{"list":{"ref":"CustomEmoji"}},"may_add":{"in":["admins","everyone"]}}},
  CustomStatus: {"fields":{"text":{"absent":"","of":"string"},"emoji":{"absent":null,"of":{"any":["string","null"]}},"until_ms":{"absent":null,"of":{"any":["natural","null"]}}}},
  DeadLetter: {"fields":{"seq":"natural","reason":"string","failed_ms":"natural"}},
  DeadLetters: {"fields":{"dead_letters":{"list":{"ref":"DeadLetter"}}}},
  ErrorFrame: {"fields":{"type":{"in":["error"]},"id?":{"any":["string","null"]},"code":"string","message":"string","field?":{"any":["string","null"]},"retry_after_ms?":{"any":["integer","null"]},"server_time_ms?":{"any":["natural","null"]}}},
  Hit: {"fields":{"room":"string","message":{"ref":"Message"},"highlights":{"list":{"list":"integer"}}}},
  Hits: {"fields":{"hits":{"list":{"ref":"Hit"}},"next?":"string"}},
  Invite: {"fields":{"code":"string","url":"string","room":"string","by":{"ref":"User"},"created_ms":"natural","expires_ms":"natural","uses_left":{"any":["integer","null"]}}},
  InvitedRoom: {"fields":{"id":"string","name":{"any":["string","null"]},"topic":"string","kind":{"in":["direct","private","public"]},"members":"integer"}},
  Invites: {"fields":{"invites":{"list":{"ref":"Invite"}}}},
  LinkPreview: {"fields":{"url":"string","title":"string","description?":"string","site?":"string","icon?":"string","thumbnail?":"string"}},
  MadeWebhook: {"fields":{"webhook":{"ref":"Webhook"},"secret":"string","url":"string"}},
  Member: {"fields":{"user":{"ref":"User"},"role":{"in":["member","moderator","owner"]},"joined_ms":"natural"}},
  MemberJoined: {"fields":{"type":{"in":["member.joined"]},"room":"string","ts":"natural","seq":"natural","prev":"natural","user":"string","by":"string","role":{"in":["member","moderator","owner"]}}},
  MemberLeft: {"fields":{"type":{"in":["member.left"]},"room":"string","ts":"natural","seq":"natural","prev":"natural","user":"string","by":"string","role":{"in":["member","moderator","owner"]}}},
  MemberMuted: {"fields":{"type":{"in":["member.muted"]},"room":"string","ts":"natural","seq":"natural","prev":"natural","user":"string","by":"string","until_ms":{"any":["natural","null"]}}},
  MemberRemoved: {"fields":{"type":{"in":["member.removed"]},"room":"string","ts":"natural","seq":"natural","prev":"natural","user":"string","by":"string","role":{"in":["member","moderator","owner"]},"banned?":"boolean"}},
  MemberRole: {"fields":{"type":{"in":["member.role"]},"room":"string","ts":"natural","seq":"natural","prev":"natural","user":"string","by":"string","role":{"in":["member","moderator","owner"]}}},
  Members: {"fields":{"members":{"list":{"ref":"Member"}},"next?":"string"}},
  Message: {"fields":{"id":"string","room":"string","seq":"natural","prev":"natural","ts":"natural","sender":"string","sender_name":"string","text":"string","reply_to":{"absent":null,"of":{"any":["natural","null"]}},"thread":{"absent":null,"of":{"any":["natural","null"]}},"attachments":{"absent":[],"of":{"list":{"ref":"Attachment"}}},"mentions":{"absent":[],"of":{"list":"string"}},"everyone":{"absent":false,"of":"boolean"},"reactions":{"absent":[],"of":{"list":{"ref":"Reaction"}}},"edited_ms?":"natural","deleted?":"boolean","pinned?":"boolean","quote?":{"ref":"Quote"},"previews?":{"list":{"ref":"LinkPreview"}}}},
  MessageDeleted: {"fields":{"type":{"in":["message.deleted"]},"room":"string","ts":"natural","seq":"natural","prev":"natural","target":"natural","by":"string"}},
  MessageEdited: {"fields":{"type":{"in":["message.edited"]},"room":"string","ts":"natural","seq":"natural","prev":"natural","target":"natural","by":"string","text":"string","mentions":{"absent":[],"of":{"list":"string"}},"everyone?":"boolean"}},
  MessagePinned: {"fields":{"type":{"in":["message.pinned"]},"room":"string","ts":"natural","seq":"natural","prev":"natural","target":"natural","by":"string"}},
  MessagePreview: {"fields":{"type":{"in":["message.preview"]},"room":"string","ts":"natural","seq":"natural","prev":"natural","target":"natural","previews":{"list":{"ref":"LinkPreview"}}}},
  MessageSent: {"fields":{"type":{"in":["message"]},"room":"string","ts":"natural","seq":"natural","prev":"natural","id":"string","sender":"string","sender_name":"string","text":"string","reply_to":{"absent":null,"of":{"any":["natural","null"]}},"thread":{"absent":null,"of":{"any":["natural","null"]}},"attachments":{"absent":[],"of":{"list":{"ref":"Attachment"}}},"mentions":{"absent":[],"of":{"list":"string"}},"everyone":{"absent":false,"of":"boolean"},"edited_ms?":"natural","deleted?":"boolean","previews?":{"list":{"ref":"LinkPreview"}}}},
  MessageUnpinned: {"fields":{"type":{"in":["message.unpinned"]},"room":"string","ts":"natural","seq":"natural","prev":"natural","target":"natural","by":"string"}},
  Messages: {"fields":{"messages":{"list":{"ref":"Message"}}}},
  Mutes: {"fields":{"mutes":{"list":{"ref":"Sanction"}},"next?":"string"}},
  NotificationEvent: {"fields":{"type":{"in":["notification"]},"kind":"string","room":"string","seq":"natural","sound":{"absent":true,"of":"boolean"}}},
  Ok: {"fields":{"type":{"in":["ok"]},"id":"string","result":"any"}},
  OwnBan: {"fields":{"reason":"string","until_ms":{"any":["natural","null"]}}},
  OwnSettings: {"fields":{"receipts":"boolean","direct":{"in":["all","nobody","shared"]},"presence":{"absent":true,"of":"boolean"},"custom_status":{"absent":null,"of":{"any":[{"ref":"CustomStatus"},"null"]}}}},
  Page: {"fields":{"messages":{"list":{"ref":"Message"}},"more":"boolean","as_of_seq":"natural","events":{"absent":[],"of":{"list":{"any":[{"ref":"MemberJoined"},{"ref":"MemberLeft"},{"ref":"MemberRemoved"},{"ref":"MemberRole"},{"ref":"RoomUpdated"},{"ref":"RoomDeleted"},{"ref":"MessagePinned"},{"ref":"MessageUnpinned"}]}}}}},
  Pong: {"fields":{"type":{"in":["pong"]}}},
  Preferences: {"fields":{"muted":"boolean","notify":{"in":["all","mentions","none"]},"favourite":"boolean"}},
  Presence: {"fields":{"user":"string","status":{"in":["dnd","idle","offline","online"]},"last_seen_ms":{"absent":null,"of":{"any":["natural","null"]}},"custom_status?":{"ref":"CustomStatus"}}},
  PresenceEvent: {"fields":{"type":{"in":["presence"]},"user":"string","status":{"in":["dnd","idle","offline","online"]},"last_seen_ms":{"absent":null,"of":{"any":["natural","null"]}},"custom_status?":{"ref":"CustomStatus"}}},
  PresenceList: {"fields":{"presence":{"list":{"ref":"Presence"}}}},
  Problem: {"fields":{"type":"string","title":"string","status":"integer","code":"string","detail":"string","field?":{"any":["string","null"]},"retry_after_ms?":{"any":["integer","null"]},"server_time_ms?":{"any":["natural","null"]},"request_id?":{"any":["string","null"]}}},
  PushDevice: {"fields":{"id":"string","label":"string","created_ms":"natural","used_ms":"natural","current":"boolean"}},
  PushSettings: {"fields":{"public_key":"string","devices":{"list":{"ref":"PushDevice"}}}},
  Quote: {"fields":{"seq":"natural","sender":"string","sender_name":"string","text":"string","deleted?":"boolean"}},
  Reaction: {"fields":{"emoji":"string","count":"integer","me":"boolean"}},
  ReactionAdded: {"fields":{"type":{"in":["reaction.added"]},"room":"string","ts":"natural","seq":"natural","prev":"natural","target":"natural","by":"string","emoji":"string"}},
  ReactionRemoved: {"fields":{"type":{"in":["reaction.removed"]},"room":"string","ts":"natural","seq":"natural","prev":"natural","target":"natural","by":"string","emoji":"string"}},
  ReactionUsers: {"fields":{"emoji":"string","count":"integer","me":"boolean","users":{"list":{"ref":"User"}}}},
  Reactions: {"fields":{"reactions":{"list":{"ref":"ReactionUsers"}}}},
  ReadEvent: {"fields":{"type":{"in":["read"]},"room":"string","user":"string","seq":"natural"}},
  ReadMark: {"fields":{"read_seq":"natural","unread":"integer","mentions":"integer"}},
  Ready: {"fields":{"type":{"in":["ready"]},"session":"string","user":{"ref":"ReadyUser"},"rooms":{"list":{"ref":"Room"}},"heartbeat_ms":"integer","limits":{"ref":"ReadyLimits"},"server_time_ms":"natural","gateway":{"absent":"","of":"string"}}},
  ReadyLimits: {"fields":{"frame_bytes":{"absent":65536,"of":"integer"},"text_bytes":{"absent":16384,"of":"integer"},"sends_per_10s":{"absent":0,"of":"integer"},"room_sends_per_10s":{"absent":0,"of":"integer"},"sockets":{"absent":0,"of":"integer"},"sends_waiting":{"absent":32,"of":"integer"},"attachments":{"absent":10,"of":"integer"},"sync_events":{"absent":200,"of":"integer"},"resume_events":{"absent":500,"of":"integer"}}},
  ReadyUser: {"fields":{"id":"string","username":"string","display_name":"string"}},
  Receipt: {"fields":{"user":"string","read_seq":"natural"}},
  Receipts: {"fields":{"receipts":{"list":{"ref":"Receipt"}}}},
  Reconnect: {"fields":{"type":{"in":["reconnect"]},"after_ms":"integer","reason":"string"}},
  Replayed: {"fields":{"replayed":"integer"}},
  Resumed: {"fields":{"type":{"in":["resumed"]},"room":"string","from":"natural","to":"natural","complete":"boolean","gone?":"boolean"}},
  Room: {"fields":{"id":"string","kind":{"in":["direct","private","public"]},"name":{"any":["string","null"]},"topic":{"absent":"","of":"string"},"role":{"absent":null,"of":{"any":[{"in":["member","moderator","owner"]},"null"]}},"members":{"absent":0,"of":"integer"},"last_seq":{"absent":0,"of":"natural"},"read_seq":{"absent":0,"of":"natural"},"unread":{"absent":0,"of":"integer"},"mentions":{"absent":0,"of":"integer"},"muted":{"absent":false,"of":"boolean"},"notify":{"absent":"all","of":{"in":["all","mentions","none"]}},"favourite":{"absent":false,"of":"boolean"},"archived":{"absent":false,"of":"boolean"},"slow_mode_seconds":{"absent":0,"of":"integer"},"picture":{"absent":null,"of":{"any":["string","null"]}},"previews":{"absent":true,"of":"boolean"},"muted_until_ms":{"absent":null,"of":{"any":["natural","null"]}},"peers":{"absent":[],"of":{"list":{"ref":"User"}}}}},
  RoomAdded: {"fields":{"type":{"in":["room.added"]},"room":{"ref":"Room"}}},
  RoomDeleted: {"fields":{"type":{"in":["room.deleted"]},"room":"string","ts":"natural","seq":"natural","prev":"natural","by":"string"}},
  RoomInvitation: {"fields":{"room":{"ref":"InvitedRoom"},"by":{"ref":"User"}}},
  RoomPreferences: {"fields":{"type":{"in":["room.preferences"]},"room":"string","muted":"boolean","notify":{"in":["all","mentions","none"]},"favourite":"boolean"}},
  RoomPresence: {"fields":{"room":"string","members":"integer","online":"integer"}},
  RoomUpdated: {"fields":{"type":{"in":["room.updated"]},"room":"string","ts":"natural","seq":"natural","prev":"natural","by":"string","name?":"string","topic?":"string","picture?":{"any":["string","null"]},"slow_mode_seconds?":"integer","archived?":"boolean","previews?":"boolean"}},
  Rooms: {"fields":{"rooms":{"list":{"ref":"Room"}},"next?":"string"}},
  Sanction: {"fields":{"user":{"ref":"User"},"by":{"ref":"User"},"reason":"string","until_ms":{"any":["natural","null"]},"created_ms":"natural"}},
  SendResult: {"fields":{"seq":"natural","ts":"natural","duplicate":"boolean"}},
  Session: {"fields":{"id":"string","client":"string","address":"string","created_ms":"natural","last_used_ms":"natural","current":"boolean"}},
  Sessions: {"fields":{"sessions":{"list":{"ref":"Session"}}}},
  SignedIn: {"fields":{"user":{"ref":"User"},"access_token":"string","refresh_token":{"any":["string","null"]},"expires_in":"integer"}},
  SignedUrls: {"fields":{"urls":"object"}},
  TypingEvent: {"fields":{"type":{"in":["typing"]},"room":"string","user":"string","active":"boolean"}},
  User: {"fields":{"id":"string","username":"string","display_name":"string","avatar":{"absent":null,"of":{"any":["string","null"]}}}},
  UserUpdated: {"fields":{"type":{"in":["user.updated"]},"user":{"ref":"User"}}},
  Users: {"fields":{"users":{"list":{"ref":"User"}},"next?":"string"}},
  Version: {"fields":{"text":"string","ts":"natural"}},
  Versions: {"fields":{"versions":{"list":{"ref":"Version"}}}},
  WatchResult: {"fields":{"presence":{"list":{"ref":"Presence"}}}},
  Webhook: {"fields":{"id":"string","room":"string","kind":{"in":["incoming","outgoing"]},"name":"string","by":{"ref":"User"},"created_ms":"natural","url":{"absent":null,"of":{"any":["string","null"]}},"failing_since_ms":{"absent":null,"of":{"any":["natural","null"]}},"reason":{"absent":null,"of":{"any":["string","null"]}},"disabled_ms":{"absent":null,"of":{"any":["natural","null"]}}}},
  Webhooks: {"fields":{"webhooks":{"list":{"ref":"Webhook"}}}},
} as const;
