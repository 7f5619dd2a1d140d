/**
 * Tells a person of messages outside the page, once however many tabs they have open: of those that
 * the server says concern them, and by itself where the server says nothing.
 */
import {
  type Item,
  LIMITS,
  type MessageSent,
  type NotificationEvent,
  type OwnStatus,
} from "parley-sdk";
import { type Alert, alertOf } from "../store/alerts.ts";
import { Heard } from "../store/heard.ts";
import type { State } from "../store/state.ts";
import type { DeviceSettings } from "./device.ts";
import { Tabs } from "./tabs.ts";

/** What another tab said it looks at is believed so long; it says so again in time. */
const BELIEVED_MS = 30_000;
const AGAIN_MS = 10_000;
/** Between two sounds at least. */
const SOUND_APART_MS = 3_000;
/**
 * The server has told of a message by then, or it does not tell at all. It waits for some seconds
 * whether the message is read on any device.
 */
const SILENCE_MS = LIMITS.NOTIFY_SECONDS * 1_000 + 3_000;
/** A notification that nobody minds goes by itself. */
const SHOWN_MS = 20_000;

/** What it needs to know, and what a press on a notification does. */
export interface Surroundings {
  state(): State;
  status(): OwnStatus;
  device(): DeviceSettings;
  /** Whether this browser is told by push messages too. */
  pushed(): boolean;
  /** The room that is looked at in this tab; null: one looks elsewhere. */
  looked(): string | null;
  go(room: string, seq: number): void;
}

/** One tab's part in it; the one that leads does the telling. */
export class Notifier {
  readonly tabs: Tabs;
  readonly #around: Surroundings;
  readonly #looked = new Map<string, { readonly room: string | null; readonly until_ms: number }>();
  readonly #told = new Map<string, number>();
  readonly #rung = new Map<string, number>();
  readonly #heard = new Heard();
  readonly #shown = new Map<string, Notification>();
  readonly #timer: ReturnType<typeof setInterval>;
  /** Whether the server tells of what concerns one, as far as is known. */
  #served = true;
  #said: string | null = null;
  #sounded_ms = 0;

  constructor(user: string, around: Surroundings) {
    this.#around = around;
    this.tabs = new Tabs(user, (word) => {
      if (word.what === "looks") this.#hear(word.tab, word.room);
      else if (word.what === "told") this.#told.set(word.room, word.seq);
      else if (word.what === "rings") this.#rings(word.room, word.seq);
      else this.#say();
    });
    this.tabs.tell({ what: "who" });
    this.#timer = setInterval(() => this.#say(), AGAIN_MS);
  }

  /** Take an event of a log that was just applied. */
  happened(item: Item): void {
    if (item.type !== "message") return;
    this.#heard.add(item);
    const alert = this.#alert(item);
    if (!alert) return;
    if (this.#served) setTimeout(() => this.#missed(item), SILENCE_MS);
    else this.#tell(alert, true);
  }

  /** Take the server's word that a message concerns one; one connection of all is to be heard. */
  notified({ room, seq, sound }: NotificationEvent): void {
    this.#served = true;
    const message = this.#heard.take(room, seq);
    const alert = message && this.#alert(message, true);
    if (alert) this.#tell(alert, false, !sound && this.#around.pushed());
    if (!sound) return;
    // Another tab may be the one that leads.
    this.tabs.tell({ what: "rings", room, seq });
    this.#rings(room, seq);
  }

  /** Learn that one has read a room, here or on another device. */
  read(room: string): void {
    this.#withdraw(room);
    void withdrawPushed(room);
  }

  /** Look at what is on the screen again; call it whenever that may have changed. */
  look(): void {
    const room = this.#around.looked();
    if (room !== this.#said) this.#say();
    if (room !== null) this.#withdraw(room);
  }

  /** Tell nothing any more. */
  stop(): void {
    clearInterval(this.#timer);
    this.tabs.stop();
    for (const room of [...this.#shown.keys()]) this.#withdraw(room);
  }

  /** Tell of a message by itself that the server told nothing of, and that is not read either. */
  #missed(message: MessageSent): void {
    if (!this.#heard.has(message)) return;
    this.#heard.take(message.room, message.seq);
    const alert = this.#alert(message);
    if (!alert) return;
    this.#served = false;
    this.#tell(alert, true);
  }

  #alert(message: MessageSent, told = false): Alert | null {
    const { state, status } = this.#around;
    return alertOf(
      state(),
      message,
      { status: status(), now_ms: Date.now(), looked: (room) => this.#isLooked(room) },
      told,
    );
  }

  /** `rings`: with a sound. `pushed`: a push message shows it already. */
  #tell(alert: Alert, rings: boolean, pushed = false): void {
    if (!this.tabs.leads || alert.seq <= (this.#told.get(alert.room) ?? 0)) return;
    this.#told.set(alert.room, alert.seq);
    this.tabs.tell({ what: "told", room: alert.room, seq: alert.seq });
    if (this.#around.device().desktop && !pushed) this.#show(alert);
    if (rings) this.#rings(alert.room, alert.seq);
  }

  /** Make a sound for a message, once, if this tab speaks for all. */
  #rings(room: string, seq: number): void {
    if (!this.tabs.leads || seq <= (this.#rung.get(room) ?? 0)) return;
    this.#rung.set(room, seq);
    if (!this.#around.device().sound) return;
    if (this.#around.status() !== "dnd" && !this.#isLooked(room)) this.#sound();
  }

  #say(): void {
    const room = this.#around.looked();
    const wasNothing = this.#said === null;
    this.#said = room;
    if (room !== null || !wasNothing) this.tabs.tell({ what: "looks", tab: this.tabs.id, room });
  }

  #hear(tab: string, room: string | null): void {
    const now_ms = Date.now();
    for (const [other, { until_ms }] of this.#looked) {
      if (until_ms <= now_ms) this.#looked.delete(other);
    }
    this.#looked.set(tab, { room, until_ms: now_ms + BELIEVED_MS });
    if (room !== null) this.#withdraw(room);
  }

  #isLooked(room: string): boolean {
    if (this.#around.looked() === room) return true;
    const now_ms = Date.now();
    return [...this.#looked.values()].some((one) => one.room === room && one.until_ms > now_ms);
  }

  #show({ room, seq, title, body }: Alert): void {
    if (!("Notification" in globalThis) || Notification.permission !== "granted") return;
    try {
      // Another of the same room takes the place of the one before.
      const shown = new Notification(title, { body, tag: `parley ${room}`, icon: "/favicon.svg" });
      shown.addEventListener("click", () => {
        focus();
        this.#around.go(room, seq);
        shown.close();
      });
      this.#shown.set(room, shown);
      setTimeout(() => this.#shown.get(room) === shown && this.#withdraw(room), SHOWN_MS);
    } catch {
      // Phones show what a service worker gives them, and nothing of a page.
    }
  }

  #withdraw(room: string): void {
    this.#shown.get(room)?.close();
    this.#shown.delete(room);
  }

  /** Two soft notes; a browser that was never touched keeps still. */
  #sound(): void {
    const now_ms = Date.now();
    if (now_ms - this.#sounded_ms < SOUND_APART_MS) return;
    this.#sounded_ms = now_ms;
    ring();
  }
}

/** Take away what push messages have shown of a room. */
async function withdrawPushed(room: string): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  const shown = (await registration?.getNotifications({ tag: `parley ${room}` })) ?? [];
  for (const one of shown) one.close();
}

/** Play the sound that goes with a notification. */
export function ring(): void {
  if (!("AudioContext" in globalThis)) return;
  if (navigator.userActivation && !navigator.userActivation.hasBeenActive) return;
  const audio = new AudioContext();
  const volume = audio.createGain();
  volume.connect(audio.destination);
  const { currentTime: now } = audio;
  volume.gain.setValueAtTime(0, now);
  volume.gain.linearRampToValueAtTime(0.12, now + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.001, now + 0.5);
  for (const [at, hertz] of [
    [0, 659],
    [0.12, 880],
  ] as const) {
    const note = audio.createOscillator();
    note.frequency.value = hertz;
    note.connect(volume);
    note.start(now + at);
    note.stop(now + 0.5);
  }
  setTimeout(() => void audio.close(), 1_000);
}
