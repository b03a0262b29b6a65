import { mkdirSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { resolve } from "node:path";
import { defineConfig, devices } from "@playwright/test";

// Each worker reads this file again, so what is drawn only once is kept in the environment, which they inherit.
const data = resolve(import.meta.dirname, "../target/end2end");
if (!process.env.CURFEW_E2E_PORT) {
  process.env.CURFEW_E2E_PORT = String(await freePort());
  // The last run's data is left lying until now: a failure can be looked into, with server.log beside it.
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
}
const address = `127.0.0.1:${process.env.CURFEW_E2E_PORT}`;

export default defineConfig({
  testDir: "tests",
  workers: 2,
  fullyParallel: true,
  // A test that passes the second time has found something.
  retries: 0,
  forbidOnly: !!process.env.CI,
  reporter: "list",
  use: {
    baseURL: `http://${address}`,
    trace: "retain-on-failure",
    launchOptions: {
      // Debian's browser: there is nothing to download.
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "with-javascript", use: { ...devices["Desktop Chrome"] } },
    { name: "without-javascript", use: { ...devices["Desktop Chrome"], javaScriptEnabled: false } },
  ],
  webServer: {
    command: `exec ${resolve(import.meta.dirname, "../target/debug/curfew")} serve >server.log 2>&1`,
    cwd: data,
    env: {
      CURFEW_LISTEN: address,
      CURFEW_PUBLIC_URL: `http://${address}`,
      CURFEW_DATABASE_URL: `sqlite://${data}/curfew.db`,
    },
    url: `http://${address}/healthz`,
    timeout: 30_000,
    gracefulShutdown: { signal: "SIGTERM", timeout: 15_000 },
  },
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((listening) => probe.once("listening", listening));
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}
