import { defineConfig } from "vitest/config";

/** `unit` needs nothing but node; `stack` needs a running Parley, whose URL is in PARLEY_URL. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["tests/*.test.ts"], testTimeout: 30_000 } },
      { test: { name: "stack", include: ["tests/stack/*.test.ts"], testTimeout: 60_000 } },
    ],
  },
});
