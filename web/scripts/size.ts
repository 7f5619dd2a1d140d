/** Fails when what a browser loads first is larger than agreed: `npm run size`, after a build. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT_BYTES = 100 * 1024;
const dist = new URL("../dist/", import.meta.url);
const html = readFileSync(new URL("index.html", dist), "utf8");
const first = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].flatMap(
  ([, path]) => path ?? [],
);
const sizes = first.map((path) => ({
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
