import type { Locator, Page } from "@playwright/test";
import { fillSignIn, liveSessions, live, remoteLogouts, receipt, TITLE, visit } from "../steps.ts";
import { expect, test } from "../test.ts";

/** Presses Tab until `wanted` has the focus. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  await expect(wanted).toBeVisible();
  for (let step = 0; step < 30; step++) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  await expect(wanted).toBeFocused();
}

test("the whole story with the keyboard alone", async ({ page, stranger, server, javaScript }) => {
  const ada = stranger("Ada Lovelace");
  await visit(page, "/sign-up");
  // The first field has the focus already.
  for (const text of [ada.name, ada.email]) {
    await page.keyboard.type(text);
    await page.keyboard.press("Tab");
  }
  await page.keyboard.type(ada.password);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();

  await live(page);
  await tabTo(page, page.getByRole("link", { name: "See your devices" }));
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/profile/security");
  await live(page);
  await tabTo(page, page.getByRole("button", { name: "Remote logout" }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: TITLE })).toBeVisible();
  await expect(page.getByText("1 session", { exact: true })).toBeVisible();
  if (javaScript) await expect(page.getByRole("button", { name: "Cancel" })).toBeFocused();
  await tabTo(page, page.getByRole("button", { name: "Log out everywhere" }));
  await page.keyboard.press("Enter");

  await expect(receipt(page)).toBeVisible();
  expect([remoteLogouts(server, ada), liveSessions(server, ada)]).toEqual([1, 0]);
  await live(page);
  await expect(page.getByLabel("Email")).toBeFocused();
  await page.keyboard.type(ada.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(ada.password);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/profile/security");
});

test("the first Tab leads past the navigation", async ({ user }) => {
  const { page } = await user("Ada Lovelace");
  for (const path of ["/", "/profile/security", "/settings/api"]) {
    await visit(page, path);
    await page.keyboard.press("Tab");
    const skip = page.getByRole("link", { name: "Skip to content" });
    await expect(skip).toBeFocused();
    await expect(skip).toBeInViewport();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("main")).toBeFocused();
    expect(new URL(page.url()).pathname).toBe(path);
    await page.keyboard.press("Tab");
    expect(await page.getByRole("main").evaluate((main) => main.contains(document.activeElement))).toBe(true);
  }
});

test("Enter in the email field sends the form", async ({ page, user }) => {
  const ada = await user("Ada Lovelace");
  await visit(page, "/sign-in");
  await fillSignIn(page, ada);
  await page.getByLabel("Email").press("Enter");
  await expect(page).toHaveURL("/");
});
