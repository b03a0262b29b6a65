import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { PAGES } from "../pages.ts";
import { expect, test } from "../test.ts";

const LOOKS = [
  { colorScheme: "light", width: 1280 },
  { colorScheme: "dark", width: 1280 },
  { colorScheme: "dark", width: 360 },
  { colorScheme: "light", width: 360 },
] as const;

for (const [name, way] of Object.entries(PAGES)) {
  test(`${name} is accessible, and fits a phone`, { tag: "@with-javascript" }, async ({ person, another, device, server }) => {
    const ada = await person("Ada Lovelace");
    const { page: nobody } = await device();
    const page = await way({ server, ada, nobody, another: (agent, remember) => another(ada, agent, remember) });
    for (const { colorScheme, width } of LOOKS) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height: 800 });
      const { violations } = await new AxeBuilder({ page }).analyze();
      const found = violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html).join(" ")}`);
      expect.soft(found, `${colorScheme}, ${width} px`).toEqual([]);
    }
    for (const width of [360, 320]) {
      await page.setViewportSize({ width, height: 800 });
      expect.soft(await tooWide(page), `${width} px`).toEqual([]);
    }
  });
}

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
