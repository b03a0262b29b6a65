import type { Page } from "@playwright/test";
import { ask, expectNothingOf, remoteLogout, reason, seen, visit } from "../steps.ts";
import { expect, test } from "../test.ts";

const CHECKING = "Checking that you’re still signed in…";
const OFFLINE = "Curfew can’t be reached";

/** As when another tab is looked at, or this one again. Playwright keeps every page visible. */
async function show(page: Page, visible: boolean): Promise<void> {
  await page.evaluate((visible) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => !visible });
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => (visible ? "visible" : "hidden") });
    document.dispatchEvent(new Event("visibilitychange"));
  }, visible);
}

/** As when the page comes out of the back/forward cache. */
async function restore(page: Page): Promise<void> {
  await page.evaluate(() => {
    dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
    dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
  });
}

test("Back after a remote logout shows no page of a signed-in user", async ({ user }) => {
  const ada = await user("Ada Lovelace");
  await visit(ada.page, "/");
  await visit(ada.page, "/profile/login");
  await visit(ada.page, "/profile/security");
  await remoteLogout(ada.page);
  for (let steps = 0; steps < 3; steps++) {
    await ada.page.goBack();
    await expect(ada.page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
    await expectNothingOf(ada.page, ada);
  }
});

test("Back after signing out shows no page of a signed-in user", async ({ user }) => {
  const ada = await user("Ada Lovelace");
  await visit(ada.page, "/profile/login");
  await ada.page.getByRole("button", { name: "Sign out" }).click();
  await expect(ada.page.getByText("You’re signed out on this device")).toBeVisible();
  await ada.page.goBack();
  await expect(ada.page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
  await expectNothingOf(ada.page, ada);
});

test.describe("a page that wakes up", { tag: "@with-javascript" }, () => {
  for (const [how, wake] of [
    ["from the back/forward cache", restore],
    ["when it is looked at again", async (page: Page) => (await show(page, false), await show(page, true))],
  ] as const) {
    test(`${how}, after a remote logout elsewhere, leads to sign-in`, async ({ user, another }) => {
      const ada = await user("Ada Lovelace");
      const phone = await another(ada, "Safari on iPhone");
      await visit(phone.page, "/profile/login");
      await show(phone.page, false);
      await expectNothingOf(phone.page, ada);
      await visit(ada.page, "/profile/security");
      await remoteLogout(ada.page);

      await wake(phone.page);
      await expect(reason(phone.page)).toContainText("from Chrome on Windows. Was this you?");
      await expectNothingOf(phone.page, ada);
      await phone.page.goBack().catch(() => {});
      await expectNothingOf(phone.page, ada);
    });

    test(`${how}, is covered until it is sure, and is then as it was`, async ({ user, elsewhere }) => {
      const ada = await user("Ada Lovelace");
      for (let n = 0; n < 6; n++) await elsewhere(ada, "Edge on Windows");
      await ada.page.setViewportSize({ width: 800, height: 400 });
      await visit(ada.page, "/profile/security");
      const button = ada.page.getByRole("button", { name: "Remote logout" });
      await button.focus();
      await ada.page.evaluate(() => scrollTo(0, 300));
      await expect.poll(() => ada.page.evaluate(() => scrollY)).toBe(300);

      let answer = () => {};
      const held = new Promise<void>((go) => (answer = go));
      await ada.page.route("**/api/fn/still_signed_in", async (route) => (await held, await route.continue()));
      await wake(ada.page);
      await expect(ada.page.getByText(CHECKING)).toBeVisible();
      expect((await seen(ada.page)).trim()).toBe(CHECKING);
      answer();
      await expect(ada.page.getByText(CHECKING)).toBeHidden();
      await expect(button).toBeFocused();
      expect(await ada.page.evaluate(() => scrollY)).toBe(300);
    });
  }

  test("stays covered when the answer comes after it was left again", async ({ user }) => {
    const ada = await user("Ada Lovelace");
    await visit(ada.page, "/profile/login");
    let answer = () => {};
    const held = new Promise<void>((go) => (answer = go));
    await ada.page.route("**/api/fn/still_signed_in", async (route) => (await held, await route.continue()));
    await restore(ada.page);
    await show(ada.page, false);
    const answered = ada.page.waitForResponse("**/api/fn/still_signed_in");
    answer();
    await answered;
    // What the page makes of it would have happened by now.
    await ada.page.evaluate(() => new Promise((later) => setTimeout(later, 300)));
    await expectNothingOf(ada.page, ada);
    await show(ada.page, true);
    await expect(ada.page.getByText(ada.email)).toBeVisible();
  });

  test("is covered while it is offline, and comes back by itself", async ({ user }) => {
    const ada = await user("Ada Lovelace");
    await visit(ada.page, "/profile/login");
    await ada.context.setOffline(true);
    await expect(ada.page.getByRole("status").filter({ hasText: OFFLINE })).toBeVisible();
    await expectNothingOf(ada.page, ada);
    await ada.page.getByRole("button", { name: "Try again" }).click();
    await expect(ada.page.getByText(OFFLINE)).toBeVisible();
    await ada.context.setOffline(false);
    await expect(ada.page.getByText(ada.email)).toBeVisible();
  });

  test("is covered while it is offline with the dialog open, and there is a way on", async ({ user }) => {
    const ada = await user("Ada Lovelace");
    await visit(ada.page, "/profile/security");
    const dialog = await ask(ada.page);
    // The server cannot be reached, and the browser does not know that it is offline.
    await ada.page.route("**/api/fn/still_signed_in", (route) => route.abort());
    await show(ada.page, false);
    await show(ada.page, true);
    await expect(ada.page.getByText(OFFLINE)).toBeVisible();
    await expectNothingOf(ada.page, ada);
    expect(await seen(ada.page)).not.toContain("What will end");
    await ada.page.unroute("**/api/fn/still_signed_in");
    await ada.page.getByRole("button", { name: "Try again" }).click();
    await expect(dialog.getByRole("button", { name: "Cancel" })).toBeFocused();
  });

  test("is covered, and no user is signed out, while the database is unavailable", async ({ user }) => {
    const ada = await user("Ada Lovelace");
    await visit(ada.page, "/profile/login");
    await ada.page.route("**/api/fn/still_signed_in", (route) =>
      route.fulfill({ status: 503, json: { code: "service_unavailable", message: "Curfew can’t reach its database right now." } }),
    );
    await restore(ada.page);
    await expect(ada.page.getByText(OFFLINE)).toBeVisible();
    await expectNothingOf(ada.page, ada);
    await ada.page.unroute("**/api/fn/still_signed_in");
    await ada.page.getByRole("button", { name: "Try again" }).click();
    await expect(ada.page.getByText(ada.email)).toBeVisible();
  });

  test("works without the WASM", async ({ user, another, tolerated }) => {
    tolerated.push(/was preloaded using link preload but not used/, /Failed to fetch/);
    const ada = await user("Ada Lovelace");
    const phone = await another(ada, "Safari on iPhone");
    await phone.page.route("**/*.wasm", (route) => route.abort());
    await phone.page.goto("/profile/login");
    await visit(ada.page, "/profile/security");
    await remoteLogout(ada.page);
    await restore(phone.page);
    await expect(reason(phone.page)).toBeVisible();
  });
});
