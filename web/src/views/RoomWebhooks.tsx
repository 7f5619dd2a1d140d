/** Webhooks of a room, by which programs post there or are told: made here, looked through, ended. */
import type { MadeWebhook, Webhook } from "parley-sdk";
import { useState } from "preact/hooks";
import { useActions } from "./actions.ts";
import { Confirm } from "./Confirm.tsx";
import { Undelivered } from "./Undelivered.tsx";
import { usePages } from "./usePages.ts";
import { useReturn } from "./useReturn.ts";

/** The form, what was made just now, and the list. */
export function RoomWebhooks({ room }: { room: string }) {
  const { affairs } = useActions();
  const [name, setName] = useState("");
  const [kind, setKind] = useState<Webhook["kind"]>("incoming");
  const [url, setUrl] = useState("");
  const [made, setMade] = useState<MadeWebhook | null>(null);
  const { items, again } = usePages<Webhook>(() => affairs.webhooks(room), room);
  // Nobody tells of what others do to them, nor that one is disabled.
  useReturn(again);
  const make = async () => {
    const answer = await affairs.makeWebhook(room, {
      name: name.trim(),
      kind,
      url: kind === "outgoing" ? url.trim() : null,
    });
    if (answer === null) return;
    setMade(answer);
    setName("");
    setUrl("");
    again();
  };
  return (
    <div class="form">
      <h3>Connect another program to this room</h3>
      <p class="muted">
        {kind === "incoming"
          ? "It posts as it would to Slack. What it says appears below its name, sent by you."
          : "Whatever is said here from now on is posted to its URL: everybody here should know of it."}
      </p>
      <form
        class="row invite-new"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <label class="field">
          <span>What it does</span>
          <select
            value={kind}
            onChange={(event) => setKind(event.currentTarget.value as Webhook["kind"])}
          >
            <option value="incoming">It posts here</option>
            <option value="outgoing">It is told what is said here</option>
          </select>
        </label>
        <label class="field">
          <span>Name of the program</span>
          <input
            maxLength={80}
            autocomplete="off"
            dir="auto"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        {kind === "outgoing" && (
          <label class="field">
            <span>Its URL</span>
            <input
              type="url"
              maxLength={2048}
              autocomplete="off"
              placeholder="https://…"
              value={url}
              onInput={(event) => setUrl(event.currentTarget.value)}
            />
          </label>
        )}
        <button
          type="submit"
          class="primary"
          disabled={name.trim() === "" || (kind === "outgoing" && url.trim() === "")}
        >
          Make a webhook
        </button>
      </form>
      {made && <Made key={made.secret} made={made} />}
      <div class="row">
        <h3>Webhooks of this room</h3>
        <button type="button" onClick={again}>
          Refresh
        </button>
      </div>
      <ul class="people webhooks" aria-label="Webhooks">
        {items?.map((webhook) => (
          <WebhookItem
            // Anew once its secret was made, so that it asks no longer.
            key={made?.webhook.id === webhook.id ? made.secret : webhook.id}
            webhook={webhook}
            onMade={setMade}
            onGone={again}
          />
        ))}
      </ul>
    </div>
  );
}

function Made({ made }: { made: MadeWebhook }) {
  const [copied, setCopied] = useState(false);
  const what = made.webhook.kind === "incoming" ? "URL" : "Secret";
  const shown = made.webhook.kind === "incoming" ? made.url : made.secret;
  return (
    <div class="form" role="status">
      <p>
        The {what} of <bdi>{made.webhook.name}</bdi>. Keep it now: it is a secret, and it is not
        shown again.
      </p>
      <div class="row">
        <input
          readOnly
          aria-label={`${what} of ${made.webhook.name}`}
          value={shown}
          onFocus={(event) => event.currentTarget.select()}
        />
        {navigator.clipboard && (
          <button
            type="button"
            onClick={async () => {
              await navigator.clipboard.writeText(shown);
              setCopied(true);
            }}
          >
            {copied ? "Copied" : "Copy"}
          </button>
        )}
      </div>
    </div>
  );
}

interface WebhookItemProps {
  webhook: Webhook;
  onMade: (made: MadeWebhook | null) => void;
  onGone: () => void;
}

function WebhookItem({ webhook, onMade, onGone }: WebhookItemProps) {
  const { affairs } = useActions();
  const { id, room, name, by } = webhook;
  const since = new Date(webhook.created_ms);
  return (
    <li aria-label={name}>
      <div class="who">
        <bdi>{name}</bdi>
        <span class="muted">
          by <bdi>{by.display_name}</bdi>, since{" "}
          <time dateTime={since.toISOString()}>
            {since.toLocaleDateString([], { dateStyle: "medium" })}
          </time>
        </span>
        {webhook.url && <span class="muted">{webhook.url}</span>}
        <Trouble webhook={webhook} />
        {webhook.kind === "outgoing" && <Undelivered webhook={webhook} />}
      </div>
      {webhook.disabled_ms !== null && (
        <button
          type="button"
          onClick={async () => (await affairs.enableWebhook(room, id)) && onGone()}
        >
          Enable, and deliver what was missed
        </button>
      )}
      <Confirm
        ask="New secret"
        warning="The current secret stops working wherever it is used."
        sure="Make it"
        onSure={async () => {
          const made = await affairs.renewWebhook(room, id);
          if (made !== null) onMade(made);
        }}
      />
      <Confirm
        ask="Remove"
        warning="Nothing will come in or go out by it any more."
        sure="Remove for good"
        onSure={async () => {
          if (!(await affairs.removeWebhook(room, id))) return;
          onMade(null);
          onGone();
        }}
      />
    </li>
  );
}

/** Why nothing is posted to its URL any more, or why that fails for now. */
function Trouble({ webhook: { disabled_ms, reason } }: { webhook: Webhook }) {
  if (disabled_ms === null) return reason ? <span class="hint">Fails: {reason}</span> : null;
  const since = new Date(disabled_ms);
  return (
    <span class="hint">
      Disabled since{" "}
      <time dateTime={since.toISOString()}>
        {since.toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}
      </time>
      {reason && `: ${reason}`}
    </span>
  );
}
