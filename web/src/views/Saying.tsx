/** What one says beside one's status, and until when. */
import { type CustomStatus, LIMITS } from "parley-sdk";
import { useEffect, useRef, useState } from "preact/hooks";
import { useActions } from "./actions.ts";

const MINUTE_MS = 60_000;
/** How long it may be shown, in minutes; 0 is until the end of today, null without an end. */
const ENDS: readonly (readonly [string, number | null])[] = [
  ["30 minutes", 30],
  ["1 hour", 60],
  ["4 hours", 240],
  ["Today", 0],
  ["A week", 7 * 24 * 60],
  ["Until I clear it", null],
];

/** The form; what it saves is the same on all devices. */
export function Saying({ greeted }: { greeted: boolean }) {
  const { account } = useActions();
  const text = useRef<HTMLInputElement>(null);
  const emoji = useRef<HTMLInputElement>(null);
  const end = useRef<HTMLSelectElement>(null);
  const [now, setNow] = useState<CustomStatus | null>();
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (greeted) void account.settings().then((own) => setNow(own?.custom_status ?? null));
  }, [greeted]);

  const settle = async (custom_status: CustomStatus | null) => {
    const own = await account.settle({ custom_status });
    if (!own) return;
    setNow(own.custom_status ?? null);
    setSaid(custom_status ? "Others see it now." : "");
    if (custom_status) return;
    for (const field of [text, emoji]) if (field.current) field.current.value = "";
  };
  const save = () => {
    const words = text.current?.value.trim() ?? "";
    const sign = emoji.current?.value.trim() || null;
    if (words === "" && sign === null) {
      setSaid("Type a few words, or an emoji.");
      text.current?.focus();
      return;
    }
    const minutes = ENDS[end.current?.selectedIndex ?? 0]?.[1] ?? null;
    void settle({ text: words, emoji: sign, until_ms: endsAt(minutes) });
  };
  if (now === undefined) return null;
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <h3>Status message</h3>
      <p class="muted">{now ? shownUntil(now) : "People who share a room with you see it."}</p>
      <label class="field">
        <span>Your words</span>
        <input
          ref={text}
          maxLength={LIMITS.CUSTOM_STATUS_CHARACTERS}
          autocomplete="off"
          defaultValue={now?.text ?? ""}
          onInput={() => setSaid("")}
        />
      </label>
      <label class="field">
        <span>Emoji</span>
        <input ref={emoji} autocomplete="off" defaultValue={now?.emoji ?? ""} />
      </label>
      <label class="field">
        <span>Show it for</span>
        <select ref={end}>
          {ENDS.map(([words]) => (
            <option key={words}>{words}</option>
          ))}
        </select>
      </label>
      <div class="row">
        <button type="submit">Show status message</button>
        {now && (
          <button type="button" class="quiet" onClick={() => void settle(null)}>
            Take it back
          </button>
        )}
        <span role="status" class="muted">
          {said}
        </span>
      </div>
    </form>
  );
}

function endsAt(minutes: number | null): number | null {
  if (minutes === null) return null;
  if (minutes === 0) return new Date().setHours(24, 0, 0, 0);
  return Date.now() + minutes * MINUTE_MS;
}

function shownUntil({ until_ms }: CustomStatus): string {
  if (until_ms == null) return "Shown until you take it back.";
  const when = new Date(until_ms).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  return `Shown until ${when}.`;
}
