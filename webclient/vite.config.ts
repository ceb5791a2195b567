// The pages, built into the Python package; `npm run dev` serves them and passes the rest on to `agent serve`.
import { defineConfig } from "vite";

const AGENT = "http://127.0.0.1:8080";

export default defineConfig({
  build: {
    outDir: "../agent/static",
    emptyOutDir: true,
    target: "es2022",
    // The pages' content security policy allows no data: script or style, so every asset stays a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ["index.html", "supervisor.html", "history.html", "signin.html", "transcribe.html"] },
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": AGENT, "/whip": AGENT, "/v1": AGENT, "/ws": { target: AGENT, ws: true } },
  },
});
