import { mkdirSync, rmSync } from "node:fs";
import { defineConfig, devices } from "@playwright/test";
import { folder } from "./server.ts";
import type { Scripted } from "./test.ts";

// The last run's data is left lying until now: a failure can be looked into, with server.log beside it.
// Workers read this file again; only the first time counts.
if (!process.env.CURFEW_E2E_STARTED) {
  process.env.CURFEW_E2E_STARTED = "yes";
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}

const launchOptions = {
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
};

/** Leaves out the stories with these tags; and those that are for the night, unless `make nightly` runs. */
const without = (...tags: string[]) => new RegExp([...tags, ...(process.env.CURFEW_NIGHTLY ? [] : ["@nightly"])].join("|") || "$^");

export default defineConfig<Scripted>({
  testDir: "tests",
  workers: 2,
  fullyParallel: true,
  // A test that passes the second time has found something.
  retries: 0,
  forbidOnly: !!process.env.CI,
  reporter: "list",
  // For a machine that is busy with something else as well.
  timeout: 120_000,
  expect: { timeout: 20_000 },
  use: {
    // Costs a third of the time; `--trace retain-on-failure` on the command line turns it on.
    trace: "off",
    launchOptions,
  },
  // Every story runs in the first two unless its tag says that it is about one of them. Those that must never be dead run
  // in the third as well, where script runs and WebAssembly does not exist (iOS Lockdown Mode).
  projects: [
    {
      name: "with-javascript",
      use: { ...devices["Desktop Chrome"] },
      grepInvert: without("@without-javascript"),
    },
    {
      name: "without-javascript",
      use: { ...devices["Desktop Chrome"], javaScriptEnabled: false },
      grepInvert: without("@with-javascript"),
    },
    {
      name: "without-webassembly",
      use: { ...devices["Desktop Chrome"], webAssembly: false },
      testMatch: ["never-dead", "remote-logout", "devices", "signing-in"].map((name) => `${name}.spec.ts`),
      grepInvert: without("@without-javascript", "@with-javascript"),
    },
  ],
});
