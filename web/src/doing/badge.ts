/** What a tab shows of itself in the browser's own bar: its title, its icon, a number. */
import { badge, title } from "../store/names.ts";
import type { State } from "../store/state.ts";
import { mentionCount } from "../store/unread.ts";

let called = "";
let worn = "";
let counted = -1;

/** Show what is unread; null: nobody is signed in. */
export function wear(state: State | null): void {
  const name = state ? title(state) : "Parley";
  // Browsers make the title anew also where it is the same, and this is called for all that happens.
  if (name !== called) document.title = name;
  called = name;
  count(state);
  const rooms = state ? [...state.rooms.values()].filter((room) => badge(room) > 0) : [];
  const calls = rooms.some((room) => room.about.kind === "direct" || mentionCount(room.unread) > 0);
  const icon = calls
    ? "/favicon-called.svg"
    : rooms.length > 0
      ? "/favicon-unread.svg"
      : "/favicon.svg";
  if (icon === worn) return;
  worn = icon;
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  if (link) link.href = icon;
}

/** Show on the application's own icon how much is unread, as push messages do while it is closed. */
function count(state: State | null): void {
  // What was there last, before the server told, may be read by now.
  if (state && !state.greeted) return;
  const unread = state ? [...state.rooms.values()].reduce((sum, one) => sum + badge(one), 0) : 0;
  if (unread === counted) return;
  counted = unread;
  const told = unread > 0 ? navigator.setAppBadge?.(unread) : navigator.clearAppBadge?.();
  told?.catch(() => {}); // Not installed, or nothing to show it on.
}
