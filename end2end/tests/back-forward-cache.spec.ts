import type { Page } from "@playwright/test";
import config from "../playwright.config.ts";
import { expectNothingOf, remoteLogout, reason, visit } from "../steps.ts";
import { expect, test } from "../test.ts";

// The browser's real cache, which Playwright turns off elsewhere. It keeps pages alive in spite of `no-store`.
test.use({
  launchOptions: { ...config.use?.launchOptions, ignoreDefaultArgs: ["--disable-back-forward-cache"] },
});

/** Goes away from the page and comes back to the very same one. `meanwhile` happens in between. */
async function leaveAndComeBack(page: Page, meanwhile: () => Promise<void>): Promise<void> {
  await page.evaluate(() => {
    addEventListener("pageshow", (event) => Object.assign(globalThis, { restored: event.persisted }));
  });
  await page.goto("/robots.txt");
  await meanwhile();
  // Playwright's own goBack waits for a load that a restored page does not have.
  await page.evaluate(() => history.back());
}

test.describe("the browser's back/forward cache", { tag: "@with-javascript" }, () => {
  test("gives back a page as it was while the user is signed in", async ({ user }) => {
    const ada = await user("Ada Lovelace");
    await visit(ada.page, "/profile");
    await ada.page.getByLabel("Username").fill("half typed");
    await leaveAndComeBack(ada.page, async () => {});
    await expect(ada.page.getByLabel("Username")).toBeVisible();
    expect(await ada.page.evaluate(() => (globalThis as { restored?: boolean }).restored)).toBe(true);
    await expect(ada.page.getByLabel("Username")).toHaveValue("half typed");
  });

  test("gives back nothing of a user whose session was ended meanwhile", async ({ user, another }) => {
    const ada = await user("Ada Lovelace");
    const phone = await another(ada, "Safari on iPhone");
    await visit(phone.page, "/profile/login");
    await leaveAndComeBack(phone.page, async () => {
      await visit(ada.page, "/profile/security");
      await remoteLogout(ada.page);
    });
    await expect(reason(phone.page)).toContainText("from Chrome on Windows. Was this you?");
    await expectNothingOf(phone.page, ada);
  });

  test("gives back nothing after a remote logout in the same tab", async ({ user }) => {
    const ada = await user("Ada Lovelace");
    await visit(ada.page, "/profile/login");
    await visit(ada.page, "/profile/security");
    await remoteLogout(ada.page);
    await ada.page.evaluate(() => history.back());
    await expect(ada.page).toHaveURL(/\/sign-in/);
    await ada.page.waitForLoadState();
    await expectNothingOf(ada.page, ada);
  });
});
