// What is looked at follows the database: a device that signs in appears, one that ends goes.
import type { Page } from "@playwright/test";
import { ask, fillSignIn, live, listening, signIn, visit } from "../steps.ts";
import { expect, test } from "../test.ts";

const rows = (page: Page) => page.getByRole("region", { name: "Devices" }).locator("li.device");

test.describe("the open page", { tag: "@with-javascript" }, () => {
  test("shows a device that signs in, and no longer one that is signed out", async ({ user, elsewhere }) => {
    const ada = await user("Ada Lovelace", "Firefox on Linux");
    await visit(ada.page, "/profile/security");
    await listening(ada.page);
    await expect(rows(ada.page)).toHaveCount(1);
    const phone = await elsewhere(ada, "Safari on iPhone");
    await expect(rows(ada.page).filter({ hasText: "Safari on iPhone" })).toBeVisible();
    await expect(ada.page.getByRole("region", { name: "Recent activity" }).getByText("Safari on iPhone")).toBeVisible();
    await phone.post("/sign-out", { headers: { accept: "text/html" }, maxRedirects: 0 });
    await expect(rows(ada.page)).toHaveCount(1);
  });

  test("what is half typed stays while the list changes", async ({ user, elsewhere }) => {
    const ada = await user("Ada Lovelace", "Firefox on Linux");
    await visit(ada.page, "/profile/security");
    await listening(ada.page);
    const row = rows(ada.page).filter({ hasText: "Firefox on Linux" });
    await row.getByText("Rename", { exact: false }).first().click();
    await row.getByLabel("Name of Firefox on Linux").fill("The desk");
    await elsewhere(ada, "Safari on iPhone");
    await expect(rows(ada.page)).toHaveCount(2);
    await expect(row.getByLabel("Name of Firefox on Linux")).toHaveValue("The desk");
  });

  test("the dialog’s facts follow while it is open", async ({ user, elsewhere }) => {
    const ada = await user("Ada Lovelace", "Firefox on Linux");
    await visit(ada.page, "/profile/password");
    await listening(ada.page);
    const dialog = await ask(ada.page);
    await expect(dialog.getByText("1 session", { exact: true })).toBeVisible();
    const phone = await elsewhere(ada, "Safari on iPhone", true);
    await expect(dialog.getByText("2 sessions", { exact: true })).toBeVisible();
    await expect(dialog.getByText("1 remembered device", { exact: true })).toBeVisible();
    await expect(dialog.getByText("Safari on iPhone")).toBeVisible();
    await phone.post("/sign-out", { headers: { accept: "text/html" }, maxRedirects: 0 });
    await expect(dialog.getByText("1 session", { exact: true })).toBeVisible();
    await expect(dialog.getByText("Safari on iPhone")).toBeHidden();
  });

  test("says in the dialog that it is done before it leaves", async ({ user }) => {
    const ada = await user("Ada Lovelace");
    await visit(ada.page, "/profile/security");
    const dialog = await ask(ada.page);
    await dialog.getByRole("button", { name: "Log out everywhere" }).click();
    await expect(dialog.getByRole("status")).toContainText("You’re signed out everywhere");
    await expect(ada.page).toHaveURL(/\/sign-in\?next=/);
  });

  test("the count on Home changes by itself, in another tab too", async ({ user, elsewhere }) => {
    const ada = await user("Ada Lovelace");
    const other = await ada.context.newPage();
    await visit(ada.page, "/");
    await listening(ada.page);
    await visit(other, "/");
    await elsewhere(ada, "Safari on iPhone");
    for (const page of [ada.page, other]) {
      await expect(page.getByRole("heading", { name: "You’re signed in on 2 devices" })).toBeVisible();
    }
  });

  test("a tab at the sign-in page is led on once another tab is signed in, unless something was typed", async ({ user, context, page }) => {
    const ada = await user("Ada Lovelace");
    const typing = await context.newPage();
    const signing = await context.newPage();
    await visit(page, "/sign-in?next=/profile/login");
    await visit(typing, "/sign-in?next=/profile/login");
    await fillSignIn(typing, { ...ada, password: "half typ" });
    await visit(signing, "/sign-in");
    await signIn(signing, ada);
    await expect(page).toHaveURL("/profile/login");
    await expect(page.getByText(ada.email)).toBeVisible();
    await expect(typing.getByLabel("Password", { exact: true })).toHaveValue("half typ");
  });

  test("a page with nothing alive loads no WASM", async ({ page }) => {
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.goto("/sign-in");
    await live(page);
    await page.waitForLoadState("load");
    expect(asked.filter((path) => path.endsWith(".wasm") || path.includes("/curfew."))).toEqual(
      asked.filter((path) => path.endsWith(".css")),
    );
  });
});
