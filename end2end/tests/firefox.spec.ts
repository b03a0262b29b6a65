// The story of a remote logout and of Back in Firefox, which Playwright cannot drive as Debian has it: WebDriver BiDi can.
import { launch, type Browser, type Page } from "puppeteer-core";
import { expect, test } from "../test.ts";

const firefox = process.env.FIREFOX ?? "/usr/bin/firefox-esr";

test.describe("in Firefox", { tag: ["@nightly", "@with-javascript"] }, () => {
  let browser: Browser;
  test.beforeAll(async () => {
    browser = await launch({ browser: "firefox", executablePath: firefox, headless: true });
  });
  test.afterAll(() => browser.close());

  test("a remote logout ends the other browser at once, and Back shows nothing of the user", async ({ server, stranger, complaints }) => {
    const ada = stranger("Ada Lovelace");
    const [here, there] = await Promise.all([1, 2].map(async () => (await browser.createBrowserContext()).newPage()));
    for (const page of [here, there]) {
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    }
    await here.goto(`${server.url}/sign-up`);
    await here.type("#name", ada.name);
    await typed(here, ada);
    await says(here, "Hello Ada");
    await there.goto(`${server.url}/sign-in?next=/profile/login`);
    await typed(there, ada);
    await says(there, ada.email);

    await here.bringToFront();
    await here.goto(`${server.url}/profile`);
    await here.goto(`${server.url}/profile/security`);
    await here.waitForSelector("html[data-live]");
    await here.locator("::-p-text(Remote logout)").click();
    await says(here, "What will end");
    // By keyboard: it is deaf to the pointer for the first half second.
    await here.focus("dialog[open] button.button--danger");
    await here.keyboard.press("Enter");
    await says(there, "Signed out by Remote logout");
    expect(await text(there)).not.toContain(ada.email);
    await here.waitForFunction(() => location.pathname === "/sign-in");
    await says(here, "You’re signed out everywhere");

    for (let steps = 0; steps < 2; steps++) {
      await here.goBack();
      await says(here, "Sign in");
      for (const private_ of [ada.email, ada.name, "Devices"]) expect(await text(here)).not.toContain(private_);
    }
  });
});

async function typed(page: Page, { email, password }: { email: string; password: string }): Promise<void> {
  await page.type("#email", email);
  await page.type("#password", password);
  await page.click("main form button[type=submit]");
}

const text = (page: Page): Promise<string> => page.evaluate(() => document.body.innerText);

/** Waits until the page says so. It may be on its way to another. */
async function says(page: Page, what: string): Promise<void> {
  await expect(async () => expect(await text(page)).toContain(what)).toPass({ timeout: 20_000 });
}
