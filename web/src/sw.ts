/**
 * The service worker: keeps the page itself, so that it opens without a network. It keeps nothing
 * of anybody's, and stands in nobody's way: whatever is below /v1/ goes past it.
 */

/** What is used of a service worker's world; the whole of it can't be had beside a page's. */
interface Worker {
  readonly location: Location;
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", heard: (event: Extendable) => void): void;
  addEventListener(type: "fetch", heard: (event: Fetching) => void): void;
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
