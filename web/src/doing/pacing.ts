/** Shows what changes by itself once a frame, however often it does; it draws nothing. */
import type { State } from "../store/state.ts";
import type { Shell } from "../views/App.tsx";

/** A hidden page has no frames; what it holds is up to date so soon all the same. */
export const HIDDEN_MS = 250;

/** The clock of the screen, as this needs it. */
export interface Screen {
  frame(call: () => void): void;
  later(call: () => void, ms: number): void;
}

const SCREEN: Screen = {
  frame: (call) => void requestAnimationFrame(call),
  later: (call, ms) => void setTimeout(call, ms),
};

/**
 * Give what takes each value: `show` is called with the last one before the next frame, at once if
 * that is `urgent` beside the last one that was given.
 */
export function paced<T>(
  show: (value: T) => void,
  urgent: (former: T, next: T) => boolean,
  screen: Screen = SCREEN,
): (value: T) => void {
  let last: { readonly value: T } | null = null;
  let turn = 0;
  let waits = false;
  const flush = (of: number) => {
    if (!waits || of !== turn || last === null) return;
    waits = false;
    turn += 1;
    show(last.value);
  };
  return (value) => {
    const isUrgent = last === null || urgent(last.value, value);
    last = { value };
    if (isUrgent) {
      waits = true;
      flush(turn);
    } else if (!waits) {
      waits = true;
      const mine = turn;
      screen.frame(() => flush(mine));
      screen.later(() => flush(mine), HIDDEN_MS);
    }
  };
}

/**
 * Whether somebody waits for it: they went somewhere, opened something, chose something, or read a
 * room elsewhere than at its end. A page that came is there before the log asks for the next one.
 */
export function isAskedFor(former: Shell, next: Shell): boolean {
  if (former.phase !== "signed in" || next.phase !== "signed in") return true;
  const { route, overlay, device, status } = former;
  if (route !== next.route || overlay !== next.overlay) return true;
  if (device !== next.device || status !== next.status) return true;
  const { open, bottom } = next.state;
  if (bottom !== open || former.state.bottom !== bottom) return true;
  const [one, other] = [opened(former.state), opened(next.state)];
  if (one?.past !== other?.past || one?.log?.from !== other?.log?.from) return true;
  return one?.log?.phase !== other?.log?.phase;
}

function opened({ open, rooms }: State) {
  return open === null ? undefined : rooms.get(open);
}
