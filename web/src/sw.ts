/**
 * The service worker: keeps the page itself, so that it opens without a network, and shows what is
 * pushed while it is closed. It keeps nothing of anybody's, and stands in nobody's way: whatever is
 * below /v1/ goes past it.
 */
import { plain } from "./text/plain.ts";

/** What is used of a service worker's world; the whole of it can't be had beside a page's. */
interface Worker {
  readonly location: Location;
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", heard: (event: Extendable) => void): void;
  addEventListener(type: "fetch", heard: (event: Fetching) => void): void;
  addEventListener(type: "push", heard: (event: Pushed) => void): void;
  addEventListener(type: "notificationclick", heard: (event: Pressed) => void): void;
  readonly registration: ServiceWorkerRegistration;
  readonly clients: Clients;
  readonly navigator: { setAppBadge?(count: number): Promise<void> };
}
interface Clients {
  matchAll(options: { type: "window"; includeUncontrolled: true }): Promise<readonly Page[]>;
  openWindow(url: string): Promise<unknown>;
}
/** A page of Parley's, in a window or a tab. */
interface Page {
  readonly focused: boolean;
  focus(): Promise<Page>;
  navigate(url: string): Promise<unknown>;
}
interface Pushed extends Extendable {
  readonly data: { json(): unknown } | null;
}
interface Pressed extends Extendable {
  readonly notification: Notification;
}
/** What the server pushes; `silent`: another device makes the sound. */
interface Word {
  readonly room: string;
  readonly seq: number;
  readonly title: string;
  readonly body: string;
  readonly silent: boolean;
  /** All that one has not read; null: it is not known. */
  readonly unread: number | null;
}
interface Extendable {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Extendable {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
const worker = globalThis as unknown as Worker;

const CACHE = "parley page 1";
const PAGE = "/";
/** A network that takes longer than this to give the page is as good as none. */
const PATIENCE_MS = 3_000;

worker.addEventListener("install", (event) => {
  event.waitUntil(refreshed().then(() => worker.skipWaiting()));
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))),
      ),
  );
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== worker.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (pathname.startsWith("/assets/")) event.respondWith(asset(request));
});

worker.addEventListener("push", (event) => {
  event.waitUntil(show(event));
});

worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { path } = event.notification.data as { path: string };
  event.waitUntil(go(path));
});

/** Show what was pushed, in place of what was shown of that room before. */
async function show(event: Pushed): Promise<void> {
  const word = wordOf(event);
  if (!word) return;
  const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  // Whoever looks at Parley is told there.
  if (pages.some(({ focused }) => focused)) return;
  const { room, seq, title, body, silent, unread } = word;
  // Not where there is nothing to show it on.
  if (unread !== null) await worker.navigator.setAppBadge?.(unread).catch(() => {});
  await worker.registration.showNotification(title, {
    // The server cuts what was said, and knows nothing of how it is marked.
    body: plain(body).trim() || body,
    silent,
    tag: `parley ${room}`,
    icon: "/favicon.svg",
    data: { path: `/rooms/${room}?at=${seq}` },
  });
}

/** What a push message says; null: it is of another version, or nobody's. */
function wordOf({ data }: Pushed): Word | null {
  try {
    const said = data?.json() as Partial<Word> | null;
    const { room, seq, title, body, silent, unread = null } = said ?? {};
    if (typeof room !== "string" || typeof seq !== "number") return null;
    if (typeof title !== "string" || typeof body !== "string") return null;
    const count = typeof unread === "number" ? unread : null;
    return { room, seq, title, body, silent: silent === true, unread: count };
  } catch {
    return null;
  }
}

/** Bring a page to the front and to a place, or open one. */
async function go(path: string): Promise<void> {
  const [page] = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (!page) await worker.clients.openWindow(path);
  else await (await page.focus()).navigate(path);
}

/** The page: the server's, and without one the last that was seen. */
async function page(event: Fetching): Promise<Response> {
  const kept = await caches.match(PAGE, { cacheName: CACHE });
  const fresh = fetch(event.request);
  if (!kept) return fresh;
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), PATIENCE_MS));
  const answer = await Promise.race([fresh, late]).catch(() => null);
  if (!answer || answer.status >= 500) return kept;
  if (answer.ok) event.waitUntil(refreshed(answer.clone()).catch(() => {}));
  return answer;
}

/** A file of the page, which bears a hash of its content in its name: the first is the last. */
async function asset(request: Request): Promise<Response> {
  const kept = await caches.match(request, { cacheName: CACHE });
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) {
    const copy = answer.clone();
    await caches.open(CACHE).then((cache) => cache.put(request, copy));
  }
  return answer;
}

/** Keep a page and all it loads, and forget the files of former ones. */
async function refreshed(given?: Response): Promise<void> {
  const answer = given ?? (await fetch(PAGE, { cache: "no-cache" }));
  if (!answer.ok) throw new Error(`the page can't be had: ${answer.status}`);
  const html = await answer.clone().text();
  const files = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].flatMap(([, path]) => path ?? []);
  const cache = await caches.open(CACHE);
  const kept = new Set((await cache.keys()).map(({ url }) => new URL(url).pathname));
  const former = await cache.match(PAGE);
  const isSame = former !== undefined && (await former.text()) === html;
  await Promise.all(files.filter((path) => !kept.has(path)).map((path) => cache.add(path)));
  await cache.put(PAGE, answer);
  if (isSame) return;
  const wanted = new Set([PAGE, ...files]);
  for (const path of kept) if (!wanted.has(path)) await cache.delete(path);
}
