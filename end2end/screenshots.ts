// Takes every page, light and dark, on a phone and on a desktop, into docs/screenshots.
import { resolve } from "node:path";
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
        // What floats over the page is seen as a person sees it: without what lies further down.
        const fullPage = (await page.getByRole("dialog").count()) === 0;
        await page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png`, fullPage });
      }
    }
  });
}
