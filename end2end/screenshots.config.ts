// Pictures of every page, to look at: npx playwright test -c screenshots.config.ts
import { defineConfig, devices } from "@playwright/test";
import config from "./playwright.config.ts";

export default defineConfig({
  ...config,
  testDir: ".",
  testMatch: "screenshots.ts",
  projects: [{ name: "screenshots", use: { ...devices["Desktop Chrome"] } }],
});
