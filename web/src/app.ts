/** From a visitor to somebody signed in and back: session, history of the browser, and actions. */
import {
  type Attachment,
  CookieSession,
  type Facts,
  type OwnStatus,
  ProblemError,
  type User,
} from "parley-sdk";
import { Account } from "./doing/account.ts";
import { Affairs, type Ask } from "./doing/affairs.ts";
import { wear } from "./doing/badge.ts";
import { Cache } from "./doing/cache_idb.ts";
import { Collecting } from "./doing/collecting.ts";
import { Device, type DeviceSettings } from "./doing/device.ts";
import type { Emojis } from "./doing/emojis.ts";
import type { Faces } from "./doing/faces.ts";
import type { Files } from "./doing/files.ts";
import { Moderation } from "./doing/moderation.ts";
import { Once } from "./doing/once.ts";
import { Searching } from "./doing/searching.ts";
import { type Shortcut, shortcutOf, takesLetters } from "./doing/shortcuts.ts";
import type { Viewing } from "./doing/viewing.ts";
import { failureOf, House } from "./house.ts";
import type { Overlay } from "./overlay.ts";
import { parseRoute, pathOf, type Route } from "./route.ts";
import { type Kept, revived } from "./store/kept.ts";
import { neighbour } from "./store/names.ts";
import * as notices from "./store/notices.ts";
import { Store } from "./store/store.ts";
import type { Shell } from "./views/App.tsx";
import type { Actions, PublicRooms } from "./views/actions.ts";
import type { Talk } from "./views/talk.ts";
import { type Deed, failureWords } from "./words.ts";

const BEGINNING: Shell = { phase: "restoring", connection: { phase: "connecting" } };
const STATUS_KEY = "parley status";
const STATUSES: readonly OwnStatus[] = ["online", "idle", "dnd", "invisible"];
const ELSEWHERE = "You were signed out. Sign in again to go on.";
const SOMEBODY_ELSE = "Somebody else signed in here, in another window.";

/** The application. `shell` is what there is to show; views call what is in `Actions`. */
export class App implements Actions {
  readonly shell = new Store<Shell, Shell>(BEGINNING, (_, next) => next);
  readonly affairs: Affairs;
  readonly account: Account;
  readonly moderation: Moderation;
  readonly searching: Searching;
  readonly collecting: Collecting;
  readonly #session: CookieSession;
  readonly #device = new Device();
  readonly #cache = new Cache();
  #house: House | null = null;
  #route: Route;
  #overlay: Overlay | null = null;
  #status: OwnStatus = storedStatus();
  #signingOut = false;
  /** A room whose making was not answered is not made twice. */
  #making = new Once();
  /** Who was signed in here last: whoever comes after somebody else begins anew. */
  #last: string | null = null;

  constructor() {
    this.#route = hereNow();
    this.#session = new CookieSession(location.origin, (why) => {
      if (why === "here") this.#signedOut([]);
      else this.#signedOut([why === "elsewhere" ? ELSEWHERE : SOMEBODY_ELSE]);
    });
    const ask: Ask = async (deed, work) => {
      const house = this.#house;
      return house ? house.ask(deed, () => work(house)) : null;
    };
    this.affairs = new Affairs(ask);
    this.account = new Account(ask);
    this.moderation = new Moderation(ask);
    this.searching = new Searching(ask);
    this.collecting = new Collecting(ask);
    this.#device.subscribe(() => this.#show());
    addEventListener("keydown", (event) => {
      const shortcut = shortcutOf(event, takesLetters(document.activeElement));
      if (shortcut && !event.isComposing && this.#shortcut(shortcut)) event.preventDefault();
    });
    addEventListener("popstate", () => this.#went(hereNow()));
    // From the browser's cache of pages: who is signed in by now is not known to it.
    addEventListener("pageshow", (event) => event.persisted && location.reload());
    // Told of other tabs' writing alone. One tab that stays online would show who is invisible.
    addEventListener("storage", ({ key }) => {
      if (key === STATUS_KEY) this.#shownAs(storedStatus());
    });
  }

  /** Show what was there last, and find out who is here. */
  async start(): Promise<void> {
    try {
      const kept = await this.#cache.load();
      if (kept) this.#moveIn(kept);
      const user = await this.#session.restore({
        onRetry: (_, waitMs) => {
          const retry_at_ms = Date.now() + waitMs;
          const connection = { phase: "waiting", retry_at_ms } as const;
          if (this.#house) this.#house.store.dispatch({ type: "connection", connection });
          else this.shell.dispatch({ phase: "restoring", connection });
        },
      });
      if (user) this.#signedIn(user);
      else this.#signedOut([]);
    } catch (error) {
      this.#signedOut([failureWords("sign in", failureOf(error))]);
    }
  }

  // ------------------------------------------------------------------------------------ oneself

  async signIn(username: string, password: string): Promise<void> {
    await this.#enter("sign in", () => this.#session.login(username, password));
  }

  async createAccount(username: string, password: string): Promise<void> {
    await this.#enter("create account", () => this.#session.register(username, password));
  }

  async signOut(everywhere = false): Promise<void> {
    // The server closes the socket first, which is no news to whoever asked for it.
    this.#signingOut = true;
    const done = await this.#attempt("sign out", async (house) => {
      // The others first: whoever fails half way is still here to try again.
      if (everywhere) await house.api.endSessions();
      await this.#session.logout();
      await house.forget();
    });
    this.#signingOut = false;
    if (!done) {
      if (this.#house?.store.state.connection.phase === "stopped") this.#signedOut([ELSEWHERE]);
      return;
    }
    this.#beginAnew();
  }

  setStatus(status: OwnStatus): void {
    storeStatus(status);
    this.#shownAs(status);
  }

  measured(): Facts | null {
    return this.#house?.measured() ?? null;
  }

  setDevice(change: Partial<DeviceSettings>): void {
    this.#device.dispatch(change);
  }

  // -------------------------------------------------------------------------------------- rooms

  go(route: Route): void {
    if (pathOf(route) !== location.pathname + location.search)
      history.pushState(null, "", pathOf(route));
    this.#went(route);
  }

  show(overlay: Overlay | null): void {
    this.#overlay = overlay;
    this.#show();
  }

  async createRoom(name: string, isPrivate: boolean): Promise<boolean> {
    return this.#attempt("create room", async (house) => {
      const kind = isPrivate ? "private" : "public";
      const room = await house.api.createRoom({ kind, name }, this.#making.key(`${kind} ${name}`));
      this.#making.done();
      house.store.dispatch({ type: "room", room });
      this.go({ page: "room", room: room.id });
    });
  }

  async publicRooms(beginning: string, cursor: string | null): Promise<PublicRooms | null> {
    let found: PublicRooms | null = null;
    await this.#attempt("list rooms", async (house) => {
      const page = await house.api.publicRooms(beginning, cursor === null ? {} : { cursor });
      found = { rooms: page.rooms, next: page.next ?? null };
    });
    return found;
  }

  async join(room: string): Promise<void> {
    await this.#attempt("join", async (house) => {
      house.store.dispatch({ type: "room", room: await house.api.join(room) });
      this.go({ page: "room", room });
    });
  }

  async leave(room: string): Promise<void> {
    const left = await this.#house?.leave(room);
    if (left && this.#route.page === "room" && this.#route.room === room) this.go({ page: "home" });
  }

  async addPerson(room: string, username: string): Promise<boolean> {
    return this.#attempt("add person", async (house) => {
      const wanted = username.replace(/^@/, "").normalize("NFKC").toLowerCase();
      const [user] = await house.api.searchUsers(wanted, 1);
      if (user?.username !== wanted)
        throw new ProblemError("not_found", "nobody has that username");
      house.store.dispatch({ type: "users", users: [user] });
      await house.api.addMember(room, user.id);
    });
  }

  // ----------------------------------------------------------------------------------- messages

  send(
    room: string,
    text: string,
    reply_to: number | null = null,
    attachments: readonly Attachment[] = [],
  ): void {
    this.#house?.send(room, text, reply_to, attachments);
  }

  retry(room: string, key: string): void {
    this.#house?.retry(room, key);
  }

  discard(room: string, key: string): void {
    this.#house?.store.dispatch({ type: "withdrawn", room, key });
  }

  drafted(room: string, text: string): void {
    this.#house?.drafted(room, text);
  }

  draft(room: string): string {
    return this.#house?.draft(room) ?? "";
  }

  get files(): Files {
    if (!this.#house) throw new Error("nobody is signed in");
    return this.#house.files;
  }

  get emojis(): Emojis {
    if (!this.#house) throw new Error("nobody is signed in");
    return this.#house.emojis;
  }

  get faces(): Faces {
    if (!this.#house) throw new Error("nobody is signed in");
    return this.#house.faces;
  }

  get viewing(): Viewing {
    if (!this.#house) throw new Error("nobody is signed in");
    return this.#house.viewing;
  }

  get talk(): Talk {
    if (!this.#house) throw new Error("nobody is signed in");
    return this.#house.talk;
  }

  dismiss(notice: number): void {
    const { state: shell } = this.shell;
    if (shell.phase !== "signed out") this.#house?.store.dispatch({ type: "dismissed", notice });
    else this.shell.dispatch({ ...shell, notices: notices.dismissed(shell.notices, notice) });
  }

  // ------------------------------------------------------------------------------------- within

  async #enter(deed: Deed, how: () => Promise<User>): Promise<void> {
    try {
      this.#signedIn(await how());
    } catch (error) {
      this.#signedOut([failureWords(deed, failureOf(error))]);
    }
  }

  #signedIn(user: User): void {
    if (this.#last !== null && this.#last !== user.id) {
      this.#house?.close();
      this.#house = null;
      void this.#cache.wipe(true);
      this.#beginAnew();
    }
    if (this.#house) this.#house.store.dispatch({ type: "me", me: user });
    else this.#moveIn({ self: { me: user, users: [user], opened: [] }, rooms: [] });
    this.#house?.connect();
  }

  /** Show somebody's rooms, as far as they are known. */
  #moveIn(kept: Kept): void {
    this.#last = kept.self.me.id;
    const house = new House(this.#session, revived(kept), this.#status, {
      cache: this.#cache,
      device: () => this.#device.state,
      go: (room, at) => this.go({ page: "room", room, at }),
      ended: () => {
        if (!this.#signingOut) this.#signedOut([ELSEWHERE]);
      },
    });
    this.#house = house;
    house.store.subscribe(() => this.#show());
    this.#went(this.#route);
    this.#show();
  }

  #signedOut(why: readonly string[]): void {
    const house = this.#house;
    this.#house = null;
    house?.close();
    // What somebody wrote and nobody got is theirs, when they are back.
    void this.#cache.wipe(false);
    wear(null);
    this.shell.dispatch({
      phase: "signed out",
      notices: why.reduce(
        (told, words) => notices.given(told, words),
        [] as readonly notices.Notice[],
      ),
    });
  }

  /** Forget where somebody was and what they were making; an invite is for whoever has it. */
  #beginAnew(): void {
    if (this.#route.page !== "invite") {
      history.replaceState(null, "", "/");
      this.#route = { page: "home" };
    }
    this.#overlay = null;
    this.#making = new Once();
  }

  #shownAs(status: OwnStatus): void {
    this.#status = status;
    this.#house?.setStatus(status);
    this.#show();
  }

  #went(route: Route): void {
    this.#route = route;
    this.#overlay = null;
    if (route.page === "room") this.#house?.open(route.room, route.at ?? null);
    else this.#house?.open(null);
    this.#show();
  }

  #show(): void {
    if (!this.#house) return;
    const { state } = this.#house.store;
    wear(state);
    this.shell.dispatch({
      phase: "signed in",
      state,
      route: this.#route,
      overlay: this.#overlay,
      device: this.#device.state,
      status: this.#status,
    });
  }

  /** Do what a key asks for, if there is anything to do. */
  #shortcut(shortcut: Shortcut): boolean {
    const state = this.#house?.store.state;
    if (!state) return false;
    switch (shortcut) {
      case "switch":
        this.show(this.#overlay?.dialog === "switcher" ? null : { dialog: "switcher" });
        return true;
      case "settings":
        this.show({ dialog: "settings", page: "profile" });
        return true;
      case "keys":
        this.show({ dialog: "settings", page: "keyboard" });
        return true;
      case "search":
        this.go({ page: "search", search: { q: "" } });
        return true;
      default: {
        const [which, what] = shortcut.split(" ");
        const by = which === "next" ? 1 : -1;
        const room = neighbour(state, by, what === "unread");
        if (room !== null) this.go({ page: "room", room });
        return room !== null;
      }
    }
  }

  async #attempt(deed: Deed, work: (house: House) => Promise<unknown>): Promise<boolean> {
    const house = this.#house;
    return house ? house.attempt(deed, () => work(house)) : false;
  }
}

function hereNow(): Route {
  return parseRoute(location.pathname, location.search);
}

function storedStatus(): OwnStatus {
  try {
    const stored = localStorage.getItem(STATUS_KEY);
    return STATUSES.find((status) => status === stored) ?? "online";
  } catch {
    return "online"; // Storage is forbidden.
  }
}

function storeStatus(status: OwnStatus): void {
  try {
    localStorage.setItem(STATUS_KEY, status);
  } catch {
    // Storage is forbidden: it lasts as long as the page.
  }
}
