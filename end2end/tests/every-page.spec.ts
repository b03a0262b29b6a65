import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { PAGES, SCRIPTED } from "../pages.ts";
import { settled } from "../steps.ts";
import { expect, test } from "../test.ts";

// Each theme and each width once; every night each theme at each width.
const LOOKS = [
  { colorScheme: "light", width: 1280 },
  { colorScheme: "dark", width: 360 },
  ...(process.env.CURFEW_NIGHTLY
    ? ([{ colorScheme: "light", width: 360 }, { colorScheme: "dark", width: 1280 }] as const)
    : []),
] as const;

// The watch of every story hears console errors and warnings, broken hydration, violations of the content security
// policy and requests to other origins. Here only what belongs to the story is let pass.
const EXPECTED: Record<string, RegExp> = {
  "confirm-sign-up-over": /status of 410/,
  "reset-password-over": /status of 410/,
  "not-me-over": /status of 410/,
  "join-not-good": /status of 410/,
  // The page left may just be opening its stream.
  "signed-out": /status of 401/,
  "remote-logout-dialog-failed": /net::ERR_FAILED/,
  "not-found": /status of 404/,
  "not-found-signed-in": /status of 404/,
  "settings-members-unknown": /status of 404/,
  "settings-refused": /status of 403/,
  "veil-offline": /net::ERR_INTERNET_DISCONNECTED/,
};

for (const [name, way] of Object.entries(PAGES)) {
  const tag = SCRIPTED.includes(name) ? "@with-javascript" : [];
  test(`${name} is accessible, fits a phone and is quiet`, { tag }, async ({ cast, tolerated, javaScript }) => {
    tolerated.shift();
    if (EXPECTED[name]) tolerated.push(EXPECTED[name]);
    const page = await way(cast);
    // The markup is the same without script: looking at it once is enough.
    for (const { colorScheme, width } of javaScript ? LOOKS : []) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height: 800 });
      await settled(page);
      // The legacy mode looks at this page only, which has no frames, and opens no other.
      const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
      const found = violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html).join(" ")}`);
      expect.soft(found, `${colorScheme}, ${width} px`).toEqual([]);
    }
    for (const width of [360, 320]) {
      await page.setViewportSize({ width, height: 800 });
      expect.soft(await tooWide(page), `${width} px`).toEqual([]);
      expect.soft(await crushed(page), `${width} px`).toEqual([]);
    }
  });
}

test("on a phone the tab of the page is in sight", async ({ cast }) => {
  const { page } = cast.ada;
  await page.setViewportSize({ width: 360, height: 800 });
  await page.goto("/settings/audit-log");
  const tab = page.locator(".tabs").getByRole("link", { name: "Audit log" });
  await expect(tab).toBeInViewport({ ratio: 0.99 });
});

/** What sticks out of the page to the side; nothing, if it need not be scrolled. */
async function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const root = document.scrollingElement!;
    if (root.scrollWidth <= root.clientWidth) return [];
    return [...document.body.querySelectorAll("*")]
      .filter((element) => element.getBoundingClientRect().right > root.clientWidth)
      .map((element) => element.outerHTML.slice(0, 120));
  });
}

/** Texts that have so little room that a word stands a character or two under another. */
async function crushed(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll("main :is(p, h1, h2, h3, li, dd, dt, td, summary)")]
      .filter((element) => {
        const { width, height } = element.getBoundingClientRect();
        // What only screen readers are told is one pixel wide.
        return element.textContent!.trim().length > 12 && height > 1 && width > 1 && width < 48;
      })
      .map((element) => element.outerHTML.slice(0, 120)),
  );
}
