import { defineConfig } from "vite";

/** A running Parley, for `npm run dev` and `npm run preview`. */
const { PARLEY_URL: target = "http://127.0.0.1:8080" } = process.env;
const proxy = { "/v1": { target, ws: true, xfwd: true } };

export default defineConfig({
  build: {
    target: "es2022",
    assetsDir: "assets",
    assetsInlineLimit: 0,
    modulePreload: false,
    rolldownOptions: {
      input: { index: "index.html", sw: "src/sw.ts" },
      output: {
        // A service worker serves what lies below it, and is known by its name.
        entryFileNames: ({ name }) => (name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
      },
    },
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
});
