/** Messages found by what they say, in all one's rooms or in one; each leads to where it stands. */
import type { Hit, User } from "parley-sdk";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Search as Wanted } from "../route.ts";
import { excerpt } from "../store/excerpt.ts";
import { roomName, sections } from "../store/names.ts";
import type { State } from "../store/state.ts";
import { Avatar } from "./Avatar.tsx";
import { useActions } from "./actions.ts";
import { Icon } from "./Icon.tsx";
import { Link } from "./Link.tsx";
import { BLOCKED } from "./quote.ts";
import { usePages } from "./usePages.ts";
import { Waiting } from "./Waiting.tsx";

/** People offered as senders at most. */
const SENDERS = 200;

/** The form and the hits. `search`: what the address says is looked for. */
export function Search({ state, search }: { state: State; search: Wanted }) {
  return (
    <section class="search" aria-labelledby="search-heading">
      <header class="room-header">
        <Link to={{ page: "home" }} class="back" label="All rooms">
          <Icon name="back" />
        </Link>
        <h1 id="search-heading">Search</h1>
      </header>
      <div class="scroll">
        <search>
          <Form state={state} search={search} />
        </search>
        {search.q !== "" && <Hits key={JSON.stringify(search)} state={state} search={search} />}
      </div>
    </section>
  );
}

function Form({ state, search }: { state: State; search: Wanted }) {
  const actions = useActions();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (field.current) field.current.value = search.q;
  }, [search.q]);
  useEffect(() => field.current?.focus(), []);
  const look = (change: Partial<Wanted>) => {
    const q = field.current?.value.trim() ?? "";
    const next = { ...search, q, ...change };
    const said = Object.entries(next).filter(([, value]) => value !== undefined && value !== "");
    actions.go({ page: "search", search: { q, ...Object.fromEntries(said) } });
  };
  return (
    <form
      class="search-form"
      onSubmit={(event) => {
        event.preventDefault();
        look({});
      }}
    >
      <div class="search-line">
        <input
          ref={field}
          type="search"
          aria-label="Search"
          placeholder="Words that a message has"
          maxLength={200}
          autocomplete="off"
          dir="auto"
          defaultValue={search.q}
        />
        <button type="submit" class="primary" aria-label="Find">
          Find
        </button>
      </div>
      <div class="search-filters">
        <label class="field">
          <span>In</span>
          <select
            value={search.room ?? ""}
            onChange={(event) => look({ room: event.currentTarget.value, since: "", until: "" })}
          >
            <option value="">All my rooms</option>
            {sections(state.rooms)
              .flatMap(({ rooms }) => rooms)
              .map(({ about }) => (
                <option key={about.id} value={about.id}>
                  {roomName(about)}
                </option>
              ))}
          </select>
        </label>
        <label class="field">
          <span>From</span>
          <select
            value={search.sender ?? ""}
            onChange={(event) => look({ sender: event.currentTarget.value })}
          >
            <option value="">Anybody</option>
            {senders(state, search.sender).map((user) => (
              <option key={user.id} value={user.id}>
                {user.display_name}
              </option>
            ))}
          </select>
        </label>
        {search.room === undefined && (
          <>
            <label class="field">
              <span>Since</span>
              <input
                type="date"
                value={search.since ?? ""}
                onChange={(event) => look({ since: event.currentTarget.value })}
              />
            </label>
            <label class="field">
              <span>Until</span>
              <input
                type="date"
                value={search.until ?? ""}
                onChange={(event) => look({ until: event.currentTarget.value })}
              />
            </label>
          </>
        )}
      </div>
    </form>
  );
}

function Hits({ state, search }: { state: State; search: Wanted }) {
  const { searching } = useActions();
  const { items, more, failed, again } = usePages<Hit>(
    (cursor) => searching.search(search, cursor),
    search,
  );
  return (
    <>
      {items ? (
        <p role="status" class="muted">
          {countWords(items.length, more !== null)}
        </p>
      ) : (
        <Waiting failed={failed} again={again} />
      )}
      <ul class="hits" aria-label="Messages found">
        {items?.map((hit) => (
          <HitItem key={`${hit.room} ${hit.message.seq}`} state={state} hit={hit} />
        ))}
      </ul>
      {more && (
        <button type="button" onClick={more}>
          Show more
        </button>
      )}
    </>
  );
}

function HitItem({ state, hit: { room, message, highlights } }: { state: State; hit: Hit }) {
  const about = state.rooms.get(room)?.about;
  const at = new Date(message.ts);
  const [unfolded, setUnfolded] = useState(false);
  if (state.blocked.has(message.sender) && !unfolded) {
    return (
      <li class="folded">
        {BLOCKED}{" "}
        <button type="button" class="quiet" onClick={() => setUnfolded(true)}>
          Show
        </button>
      </li>
    );
  }
  return (
    <li>
      <Link to={{ page: "room", room, at: message.seq }} class="hit">
        <Avatar id={message.sender} name={message.sender_name} />
        <span class="said">
          <span class="head">
            <bdi class="name">{message.sender_name}</bdi>
            <span class="muted">
              {" in "}
              <bdi>{about ? roomName(about) : "a room"}</bdi>
              {" · "}
              <time dateTime={at.toISOString()}>
                {at.toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}
              </time>
            </span>
          </span>
          <span class="text" dir="auto">
            {excerpt(message.text, highlights).map(({ text, marked }, index) =>
              marked ? <mark key={index}>{text}</mark> : text,
            )}
          </span>
        </span>
      </Link>
    </li>
  );
}

function countWords(count: number, more: boolean): string {
  if (count === 0) return more ? "Nothing on this page." : "No message has all these words.";
  if (more) return `The newest ${count} messages.`;
  return count === 1 ? "1 message." : `${count} messages.`;
}

function senders(state: State, chosen: string | undefined): User[] {
  const known = [...state.users.values()].slice(-SENDERS);
  const user = chosen === undefined ? undefined : state.users.get(chosen);
  const all = user && !known.includes(user) ? [...known, user] : known;
  return all.sort((a, b) => a.display_name.localeCompare(b.display_name));
}
