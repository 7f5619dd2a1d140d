/**
 * Fails when what a browser loads first is larger than agreed, or the service worker needs another
 * file, which it must not; every build ends with it.
 */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT_BYTES = 200 * 1024;
const dist = new URL("../dist/", import.meta.url);
const html = readFileSync(new URL("index.html", dist), "utf8");
const first = new Set(
  [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].flatMap(([, path]) => path ?? []),
);
// What a script needs before it runs; what it loads later, by `import(…)`, is not the first load.
for (const path of first) {
  if (!path.endsWith(".js")) continue;
  const source = readFileSync(new URL(path, dist), "utf8");
  for (const [, name] of source.matchAll(/(?:import|from)\s*["']\.\/([^"']+\.js)["']/g)) {
    first.add(`assets/${name}`);
  }
}
const sizes = [...first].map((path) => ({
  path,
  bytes: gzipSync(readFileSync(new URL(path, dist)), { level: 9 }).length,
}));
for (const { path, bytes } of sizes)
  console.log(`${(bytes / 1024).toFixed(1)} KB gzipped: ${path}`);
const script = sizes.filter(({ path }) => path.endsWith(".js"));
const total = script.reduce((sum, { bytes }) => sum + bytes, 0);
if (script.length === 0) throw new Error("index.html loads no script: was it built?");
if (total > LIMIT_BYTES) {
  console.error(`the first load is ${total} bytes of JavaScript, more than ${LIMIT_BYTES}`);
  process.exit(1);
}
const worker = readFileSync(new URL("sw.js", dist), "utf8");
if (/(?:^|[;}\s])import\s*["'{(]/.test(worker)) {
  console.error("sw.js imports something: not every browser's service workers can");
  process.exit(1);
}
