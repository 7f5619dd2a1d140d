import { defineConfig } from "vite";

/** A running Parley, for `npm run dev` and `npm run preview`. */
const { PARLEY_URL: target = "http://127.0.0.1:8080" } = process.env;
const proxy = { "/v1": { target, ws: true, xfwd: true } };

// A build of its own for the service worker (`--mode worker`): what it shares with the page would
// else be a file that it imports, which not every browser's workers can.
export default defineConfig(({ mode }) => ({
  build:
    mode === "worker"
      ? {
          target: "es2022",
          emptyOutDir: false,
          copyPublicDir: false,
          rolldownOptions: {
            input: "src/sw.ts",
            // A service worker serves what lies below it, and is known by its name.
            output: { entryFileNames: "sw.js" },
          },
        }
      : {
          target: "es2022",
          assetsDir: "assets",
          assetsInlineLimit: 0,
          modulePreload: false,
        },
  // Libraries that were made for React run on what Preact has in its place.
  resolve: {
    alias: {
      react: "preact/compat",
      "react-dom": "preact/compat",
      "react/jsx-runtime": "preact/jsx-runtime",
    },
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: { proxy },
  preview: { proxy },
}));
