/** Who is in one room and as what; their names and presence are kept elsewhere. */
import type { LogEvent, Member, Role } from "parley-sdk";

/** Members listed at most: as many as one connection may watch (protocol.md §6). */
export const LISTED = 500;

/** `members`: the role of each, in the order they came. `early`: events to apply to the list. */
export interface Roster {
  readonly phase: "loading" | "ready";
  readonly members: ReadonlyMap<string, Role>;
  readonly early: readonly MemberEvent[];
}

/** An event about who is in a room. */
export type MemberEvent = Extract<LogEvent, { user: string; role: Role }>;

/** Say whether an event is about who is in the room. */
export function isMemberEvent(event: LogEvent): event is MemberEvent {
  return event.type.startsWith("member.") && event.type !== "member.muted";
}

/** A roster of which nothing is known yet. */
export const unlisted: Roster = { phase: "loading", members: new Map(), early: [] };

/** Take the list; events that came while it was under way are applied to it again. */
export function listed(roster: Roster, members: readonly Member[]): Roster {
  const map = new Map(members.slice(0, LISTED).map((one) => [one.user.id, one.role]));
  for (const event of roster.early) apply(map, event);
  return { phase: "ready", members: map, early: [] };
}

/** Take an event. Idempotent. */
export function changed(roster: Roster, event: MemberEvent): Roster {
  if (roster.phase === "loading")
    return { ...roster, early: [...roster.early, event].slice(-LISTED) };
  const members = new Map(roster.members);
  apply(members, event);
  return { ...roster, members };
}

function apply(members: Map<string, Role>, event: MemberEvent): void {
  if (event.type === "member.left" || event.type === "member.removed") members.delete(event.user);
  else if (members.has(event.user) || members.size < LISTED) members.set(event.user, event.role);
}
