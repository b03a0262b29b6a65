import type { Page, Request } from "@playwright/test";
import { expectNothingOf, kicked, listening, press, presses, reason, receipt, signIn, visit } from "../steps.ts";
import { expect, test } from "../test.ts";

const CLOCK = String.raw`\d{1,2}:\d{2}( [AP]M)?`;

/** Nothing of this person is left in the document, seen or not, and nothing in storage but what is asked for. */
async function expectNothingLeft(page: Page, email: string): Promise<void> {
  expect(await page.evaluate(() => document.body.innerHTML)).not.toContain(email);
}

/** What the page asks the server for from now on. */
function requests(page: Page): Request[] {
  const made: Request[] = [];
  page.on("request", (request) => made.push(request));
  return made;
}

test.describe("the kick", { tag: "@with-javascript" }, () => {
  test("an open tab in another browser says at once that it was signed out, by what and from where", async ({ person, another }) => {
    const ada = await person("Ada Lovelace", "Firefox on Linux");
    const phone = await another(ada, "Safari on iPhone", true);
    await visit(phone.page, "/profile/login");
    await listening(phone.page);
    await visit(ada.page, "/profile/security");
    const asked = requests(phone.page);
    await press(ada.page);

    const card = kicked(phone.page);
    await expect(card).toBeVisible({ timeout: 2_000 });
    await expect(card).toContainText(
      new RegExp(`Signed out by Remote logout at ${CLOCK} from Firefox on Linux\\. Was this you\\?`),
    );
    await expect(phone.page.getByRole("heading", { level: 1 })).toBeFocused();
    await expect(phone.page).toHaveTitle("You were signed out · Curfew");
    await expectNothingOf(phone.page, ada);
    await expectNothingLeft(phone.page, ada.email);
    await expect(card.getByRole("link", { name: "change your password" })).toHaveAttribute(
      "href",
      "/sign-in?next=/profile/password",
    );
    // It stops: nothing is asked for any more.
    await phone.page.waitForTimeout(4_000);
    expect(asked.map((r) => r.url()).length).toBeLessThanOrEqual(3);

    await phone.page.getByRole("link", { name: "Sign in again" }).click();
    await signIn(phone.page, ada);
    await expect(phone.page).toHaveURL("/profile/login");
    await expect(phone.page.getByText(ada.email)).toBeVisible();
  });

  test("the browser that pressed shows its receipt, and its other tabs the card", async ({ person }) => {
    const ada = await person("Ada Lovelace");
    const other = await ada.context.newPage();
    await visit(other, "/profile");
    await visit(ada.page, "/profile/security");
    await listening(other);
    await press(ada.page);
    await expect(receipt(ada.page)).toBeVisible();
    await expect(kicked(other)).toBeVisible();
    await expectNothingOf(other, ada);
  });

  test("nobody else hears anything", async ({ person }) => {
    const ada = await person("Ada Lovelace");
    const bob = await person("Bob Noyce");
    await visit(bob.page, "/profile/login");
    await listening(bob.page);
    await visit(ada.page, "/profile/security");
    await press(ada.page);
    await bob.page.waitForTimeout(1_500);
    await expect(bob.page.getByText(bob.email)).toBeVisible();
  });

  test("a press from the command line is heard as well", async ({ person, server }) => {
    const ada = await person("Ada Lovelace");
    await visit(ada.page, "/profile/login");
    await listening(ada.page);
    await ada.page.waitForTimeout(1_000);
    server.run("remote-logout", ada.email);
    await expect(kicked(ada.page)).toContainText("from the command line. Was this you?");
  });

  test("signing out in one tab moves the others to the sign-in page", async ({ person }) => {
    const ada = await person("Ada Lovelace");
    const others = [await ada.context.newPage(), await ada.context.newPage()];
    for (const tab of others) await visit(tab, "/profile/login");
    await visit(ada.page, "/");
    await ada.page.getByRole("button", { name: "Sign out" }).click();
    await expect(ada.page.getByText("You’re signed out on this device")).toBeVisible();
    for (const tab of others) {
      await expect(tab).toHaveURL("/sign-in?next=%2Fprofile%2Flogin");
      await expect(tab.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
      await expectNothingOf(tab, ada);
      expect(await reason(tab).count()).toBe(0);
    }
  });

  test("a new password elsewhere is told as what it is", async ({ person, another }) => {
    const ada = await person("Ada Lovelace");
    const phone = await another(ada, "Safari on iPhone");
    await visit(phone.page, "/profile/login");
    await listening(phone.page);
    await visit(ada.page, "/profile/password");
    await ada.page.getByLabel("Current password", { exact: true }).fill(ada.password);
    await ada.page.getByLabel("New password", { exact: true }).fill("seven lanterns over the harbour");
    await ada.page.getByRole("button", { name: "Change password" }).click();
    await expect(kicked(phone.page)).toContainText(/^You were signed outThe password was changed at .* from Chrome on Windows\. Was this you\?/);
    // The tab that changed it goes on.
    await expect(ada.page.getByText("Your password is changed")).toBeVisible();
    await ada.page.waitForTimeout(3_500);
    await expect(ada.page.getByText("Your password is changed")).toBeVisible();
  });

  test("another plan is said on the open page, which stays as it is", async ({ person, server }) => {
    const ada = await person("Ada Lovelace");
    await visit(ada.page, "/profile/security");
    await listening(ada.page);
    await ada.page.waitForTimeout(1_000);
    server.run("account", "set-plan", ada.email, "free");
    const notice = ada.page.getByRole("status").filter({ hasText: "your plan is Free now" });
    await expect(notice).toBeVisible();
    await notice.getByRole("link", { name: "Reload this page" }).click();
    await expect(ada.page.getByRole("button", { name: "Remote logout" })).toBeDisabled();
    await expect(notice).toBeHidden();
  });

  test("with the stream blocked the first request is refused all the same", async ({ person, another, server }) => {
    const ada = await person("Ada Lovelace");
    const phone = await another(ada, "Safari on iPhone");
    await phone.page.route("**/events", (route) => route.abort());
    await visit(phone.page, "/profile");
    await phone.page.getByLabel("Name", { exact: true }).fill("Half typed");
    await visit(ada.page, "/profile/security");
    await press(ada.page);
    await phone.page.getByRole("button", { name: "Save" }).click();
    await expect(reason(phone.page)).toContainText("Was this you?");
    await expectNothingOf(phone.page, ada);
    expect(presses(server, ada)).toBe(1);
    // What was typed is back after signing in.
    await signIn(phone.page, ada);
    await expect(phone.page).toHaveURL("/profile");
    await expect(phone.page.getByLabel("Name", { exact: true })).toHaveValue("Half typed");
  });

  test("a session that ran out is no kick while this device is remembered", async ({ person, another, server }) => {
    const ada = await person("Ada Lovelace");
    const phone = await another(ada, "Safari on iPhone", true);
    await visit(phone.page, "/profile/login");
    await listening(phone.page);
    server.store("update sessions set expires_at = ? where remembered_device_id is not null", Date.now() + 500);
    // Nobody said a word: the look that is taken anyway finds it.
    await phone.page.waitForTimeout(35_000);
    await expect(phone.page.getByText(ada.email)).toBeVisible();
    expect(await reason(phone.page).count()).toBe(0);
    expect(await phone.page.request.post("/api/fn/still_signed_in", { form: {} }).then((r) => r.status())).toBe(200);
  });

  test("a page of somebody else than this browser's is not shown", async ({ person, page, context }) => {
    const ada = await person("Ada Lovelace");
    const bob = await person("Bob Noyce");
    await visit(page, "/sign-in");
    await signIn(page, ada);
    await visit(page, "/profile/login");
    await listening(page);
    const other = await context.newPage();
    await other.request.post("/api/fn/sign_in", { form: { email: bob.email, password: bob.password } });
    await expect(page.getByText(bob.email)).toBeVisible();
    expect(await page.evaluate(() => document.body.innerHTML)).not.toContain(ada.email);
  });
});

test.describe("what was half typed", { tag: "@with-javascript" }, () => {
  test("is kept for that person's next sign-in in this browser, but for passwords", async ({ person, another }) => {
    const ada = await person("Ada Lovelace");
    const phone = await another(ada, "Safari on iPhone");
    const tab = await phone.context.newPage();
    await visit(phone.page, "/profile");
    await visit(tab, "/profile/password");
    await listening(tab);
    await phone.page.getByLabel("Username").fill("half-typed");
    await tab.getByLabel("New password", { exact: true }).fill("seven secret lanterns");
    await tab.getByRole("button", { name: "Show password" }).last().click();
    await visit(ada.page, "/profile/security");
    await press(ada.page);
    await expect(kicked(phone.page)).toBeVisible();
    await expect(kicked(tab)).toBeVisible();
    const stored = await tab.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    expect(stored).toContain("half-typed");
    expect(stored).not.toContain("lanterns");

    await phone.page.getByRole("link", { name: "Sign in again" }).click();
    await signIn(phone.page, ada);
    await expect(phone.page.getByLabel("Username")).toHaveValue("half-typed");
    // Once.
    await phone.page.reload();
    await expect(phone.page.getByLabel("Username")).toHaveValue("");
  });

  test("is kept in the browser that pressed, whose storage was cleared", async ({ person }) => {
    const ada = await person("Ada Lovelace");
    const other = await ada.context.newPage();
    await visit(other, "/profile");
    await visit(ada.page, "/profile/security");
    await listening(ada.page);
    await other.getByLabel("Username").fill("half-typed");
    await press(ada.page);
    await expect(kicked(other)).toBeVisible();
    await other.getByRole("link", { name: "Sign in again" }).click();
    await signIn(other, ada);
    await expect(other.getByLabel("Username")).toHaveValue("half-typed");
  });

  test("is gone when somebody else signs in", async ({ person, another }) => {
    const ada = await person("Ada Lovelace");
    const bob = await person("Bob Noyce");
    const phone = await another(ada, "Safari on iPhone");
    await visit(phone.page, "/profile");
    await listening(phone.page);
    await phone.page.getByLabel("Username").fill("half-typed");
    await visit(ada.page, "/profile/security");
    await press(ada.page);
    await phone.page.getByRole("link", { name: "Sign in again" }).click();
    await signIn(phone.page, bob);
    await expect(phone.page).toHaveURL("/profile");
    await expect(phone.page.getByLabel("Username")).toHaveValue("");
    expect(await phone.page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain("half-typed");
  });
});

for (const locks of [true, false]) {
  const how = locks ? "" : ", in a browser that has no locks because it is plain http";
  test(`ten tabs are all usable and all hear of it${how}`, { tag: "@with-javascript" }, async ({ person, another, server }) => {
    const ada = await person("Ada Lovelace");
    const phone = await another(ada, "Safari on iPhone");
    if (!locks) {
      await phone.context.addInitScript(() => Object.defineProperty(navigator, "locks", { value: undefined }));
    }
    let streams = 0;
    phone.context.on("request", (r) => (streams += r.url().endsWith("/events") ? 1 : 0));
    const tabs = [phone.page];
    while (tabs.length < 10) tabs.push(await phone.context.newPage());
    for (const tab of tabs) await visit(tab, "/profile/login");
    for (const tab of tabs) await expect(tab.getByText(ada.email)).toBeVisible();
    await tabs[0].waitForTimeout(1_500);
    expect(streams).toBeLessThan(locks ? 2 : 4);
    await visit(ada.page, "/profile/security");
    await press(ada.page);
    for (const tab of tabs) {
      await expect(kicked(tab)).toBeVisible();
      await expectNothingOf(tab, ada);
    }
    expect(presses(server, ada)).toBe(1);
  });
}

test("when the tab that holds the stream is closed another one takes over", { tag: "@with-javascript" }, async ({ person, another }) => {
  const ada = await person("Ada Lovelace");
  const phone = await another(ada, "Safari on iPhone");
  const second = await phone.context.newPage();
  await visit(phone.page, "/profile");
  await listening(phone.page);
  await visit(second, "/profile/login");
  const taken = second.waitForRequest("**/events");
  await phone.page.close();
  await taken;
  await visit(ada.page, "/profile/security");
  await press(ada.page);
  await expect(kicked(second)).toBeVisible();
});
