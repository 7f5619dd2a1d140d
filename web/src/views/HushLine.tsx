/** Why one cannot write into a room now, or only so often; it counts down by itself. */
import { useEffect, useState } from "preact/hooks";
import type { Hush } from "../store/hush.ts";
import { spanWords } from "./span.ts";

/** The line; `onOver` once one may write again. */
export function HushLine({ hush, onOver }: { hush: Hush; onOver: () => void }) {
  const [now_ms, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const isOver = hush.kind === "muted" && hush.until_ms <= now_ms;
  useEffect(() => {
    if (isOver) onOver();
  }, [isOver]);
  return <p class="hush">{words(hush, now_ms)}</p>;
}

function words(hush: Hush, now_ms: number): string {
  switch (hush.kind) {
    case "archived":
      return "This room is archived: you can read it, but nobody can write here any more.";
    case "muted":
      return `You are muted here: you can write again in ${spanWords(hush.until_ms - now_ms)}.`;
    case "slow": {
      const rule = `Slow mode: one message every ${spanWords(hush.seconds * 1000)}.`;
      if (hush.free_ms <= now_ms) return rule;
      return `${rule} Yours can go in ${spanWords(hush.free_ms - now_ms)}.`;
    }
  }
}
