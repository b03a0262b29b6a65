// Takes every page, light and dark, on a phone and on a desktop, into docs/screenshots.
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Page } from "@playwright/test";
import { PAGES } from "./pages.ts";
import { settled } from "./steps.ts";
import { test } from "./test.ts";

const folder = resolve(import.meta.dirname, "../docs/screenshots");

for (const [name, way] of Object.entries(PAGES)) {
  test(name, async ({ cast, tolerated }) => {
    tolerated.push(/./);
    const page = await way(cast);
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: width === 360 ? 740 : 800 });
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await settled(page);
        // What floats over the page is seen as a user sees it: without what lies further down.
        const fullPage = (await page.getByRole("dialog").count()) === 0;
        writeFileSync(`${folder}/${name}-${width}-${colorScheme}.webp`, await picture(page, fullPage));
      }
    }
  });
}

/** WebP, a third of what PNG takes: Playwright itself writes none, Chromium does. */
async function picture(page: Page, fullPage: boolean): Promise<Buffer> {
  const browser = await page.context().newCDPSession(page);
  const { cssContentSize, cssLayoutViewport } = await browser.send("Page.getLayoutMetrics");
  const height = fullPage ? cssContentSize.height : cssLayoutViewport.clientHeight;
  const clip = { x: 0, y: 0, width: cssLayoutViewport.clientWidth, height, scale: 1 };
  const { data } = await browser.send("Page.captureScreenshot", {
    format: "webp",
    quality: 80,
    clip: fullPage ? clip : undefined,
    captureBeyondViewport: fullPage,
  });
  await browser.detach();
  return Buffer.from(data, "base64");
}
