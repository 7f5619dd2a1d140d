/** The README's example is the one that is run against a real Parley. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

test("the README shows examples/hello.ts as it is", () => {
  expect(read("../README.md")).toContain(`\`\`\`ts\n${read("../examples/hello.ts")}\`\`\`\n`);
});
