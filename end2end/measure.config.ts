// How long it takes from the confirmed remote logout to the card in another browser: npx playwright test -c measure.config.ts
import { defineConfig, devices } from "@playwright/test";
import config from "./playwright.config.ts";

export default defineConfig({
  ...config,
  testDir: ".",
  testMatch: "measure.ts",
  workers: 1,
  projects: [{ name: "measure", use: { ...devices["Desktop Chrome"] } }],
});
