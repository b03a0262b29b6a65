import { cookie, expectNothingOf, signedOutCard, listening, live, reason, visit } from "../steps.ts";
import { expect, test } from "../test.ts";

const device = (page: import("@playwright/test").Page, name: string) =>
  page.getByRole("region", { name: "Devices" }).getByRole("listitem").filter({ hasText: name });

test("one device is signed out, and is told so", async ({ user, another, javaScript }) => {
  const ada = await user("Ada Lovelace", "Firefox on Linux");
  const phone = await another(ada, "Safari on iPhone", true);
  await visit(phone.page, "/profile/login");
  if (javaScript) await listening(phone.page);
  await visit(ada.page, "/profile/security");
  const row = device(ada.page, "Safari on iPhone");
  await expect(device(ada.page, "Firefox on Linux").first()).toContainText("This device");
  await row.getByRole("button", { name: "Sign out Safari on iPhone" }).click();
  await expect(ada.page.getByRole("status").filter({ hasText: "Safari on iPhone is signed out" })).toBeVisible();
  await expect(row).toBeHidden();
  if (javaScript) await expect(signedOutCard(phone.page)).toContainText(/This device was signed out at .* from Firefox on Linux\. Was this you\?/);
  await phone.page.goto("/profile/login");
  await expect(phone.page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
  if (!javaScript) await expect(reason(phone.page)).toContainText("from Firefox on Linux. Was this you?");
  await expectNothingOf(phone.page, ada);
});

test("all other devices are signed out, and this one continues under a new cookie", async ({ user, elsewhere }) => {
  const ada = await user("Ada Lovelace", "Firefox on Linux");
  await elsewhere(ada, "Safari on iPhone", true);
  await elsewhere(ada, "Edge on Windows");
  await visit(ada.page, "/profile/security");
  const before = await cookie(ada.context, "curfew_session");
  await ada.page.getByText("Sign out all others").click();
  await ada.page.getByRole("button", { name: "Sign out all other devices" }).click();
  await expect(ada.page.getByText("2 other sessions and 1 remembered device ended. You stay signed in here.")).toBeVisible();
  expect(await cookie(ada.context, "curfew_session")).not.toBe(before);
  await expect(ada.page.getByRole("region", { name: "Devices" }).getByRole("listitem")).toHaveCount(1);
});

test("a device has a name of its own", async ({ user, elsewhere }) => {
  const ada = await user("Ada Lovelace", "Firefox on Linux");
  await elsewhere(ada, "Safari on iPhone", true);
  await visit(ada.page, "/profile/security");
  const row = device(ada.page, "Safari on iPhone");
  await row.getByText("Rename").click();
  await row.getByLabel("Name of Safari on iPhone").fill("The red phone");
  await row.getByRole("button", { name: "Save name" }).click();
  await expect(ada.page.getByRole("heading", { name: "The red phone" })).toContainText("Safari on iPhone");
});

test("the picture has its facts in words and as a table", async ({ user, elsewhere }) => {
  const ada = await user("Ada Lovelace", "Firefox on Linux");
  await elsewhere(ada, "Safari on iPhone");
  await visit(ada.page, "/profile/security");
  // Two sessions are told by the list alone.
  await expect(ada.page.getByRole("heading", { name: "The last 30 days" })).toHaveCount(0);
  await elsewhere(ada, "Edge on Windows");
  await visit(ada.page, "/profile/security");
  await expect(ada.page.getByRole("img", { name: "3 sessions in the last 30 days, 3 still open. No remote logouts." })).toBeVisible();
  await ada.page.getByText("Show as a table").click();
  await expect(ada.page.getByRole("row", { name: /Safari on iPhone .* Now Still open/ })).toBeVisible();
});

test("a curfew is set and removed again", async ({ user }) => {
  const ada = await user("Ada Lovelace");
  await visit(ada.page, "/profile/security");
  await ada.page.getByLabel("Time", { exact: true }).first().fill("22:30");
  await ada.page.getByLabel("Time zone").first().fill("Europe/Berlin");
  await ada.page.getByRole("button", { name: "Set curfew" }).first().click();
  await expect(ada.page.getByText("Sessions will end every day at 22:30, Europe/Berlin.")).toBeVisible();
  await ada.page.getByRole("button", { name: "Remove curfew" }).click();
  await expect(ada.page.getByText("The curfew has been removed.")).toBeVisible();
});

test("signing out a device asks for re-authentication when the last one was long ago", async ({ user, elsewhere, server, javaScript }) => {
  const ada = await user("Ada Lovelace", "Firefox on Linux");
  await elsewhere(ada, "Safari on iPhone", true);
  server.database("update sessions set confirmed_at = confirmed_at - 601000");
  await visit(ada.page, "/profile/security");
  const row = device(ada.page, "Safari on iPhone");
  await expect(row.getByLabel("Confirm it’s you")).toHaveCount(0);
  await row.getByRole("button", { name: "Sign out Safari on iPhone" }).click();
  // In the row itself, or on a page for it.
  const field = javaScript ? row.getByLabel("Confirm it’s you") : ada.page.getByLabel("Password", { exact: true });
  const confirm = javaScript ? row.getByRole("button", { name: "Sign out Safari on iPhone" }) : ada.page.getByRole("button", { name: "Continue" });
  if (javaScript) await expect(field).toBeFocused();
  await field.fill("not this one");
  await confirm.click();
  await expect(ada.page.getByText("That isn’t your password.").first()).toBeVisible();
  await field.fill(ada.password);
  await confirm.click();
  await expect(ada.page.getByRole("status").filter({ hasText: "Safari on iPhone is signed out" })).toBeVisible();
  await expect(row).toBeHidden();
});

test("more devices than fit on a page can be searched, and a search survives signing one out", async ({ user, elsewhere }) => {
  const ada = await user("Ada Lovelace", "Firefox on Linux");
  for (let n = 0; n < 21; n++) await elsewhere(ada, n % 10 ? "Edge on Windows" : "Safari on iPhone");
  await visit(ada.page, "/profile/security");
  const list = ada.page.getByRole("region", { name: "Devices" });
  await expect(list.getByText("1–20 of 22")).toBeVisible();
  await list.getByLabel("Search devices").fill("iphone");
  await list.getByRole("button", { name: "Search" }).click();
  await expect(list.getByRole("listitem")).toHaveCount(3);
  await live(ada.page);
  await list.getByRole("button", { name: "Sign out Safari on iPhone" }).first().click();
  await expect(ada.page.getByRole("status").filter({ hasText: "Safari on iPhone is signed out" })).toBeVisible();
  await expect(list.getByRole("listitem")).toHaveCount(2);
  await expect(list.getByLabel("Search devices")).toHaveValue("iphone");
});

test("what was not used for long is folded away until it is opened", async ({ user, elsewhere, server }) => {
  const ada = await user("Ada Lovelace", "Firefox on Linux");
  await elsewhere(ada, "Safari on iPhone", true);
  // Its session has ended; the remembered device was last used long ago.
  server.database("update remembered_devices set last_used_at = last_used_at - 2678400000 where user_id = (select id from users where email = ?)", ada.email);
  server.database("update sessions set started_at = started_at - 2678400000, last_active_at = last_active_at - 2678400000 where user_agent like '%iPhone%'");
  await visit(ada.page, "/profile/security");
  const button = ada.page.getByRole("button", { name: "Sign out Safari on iPhone" });
  await expect(button).toBeHidden();
  await ada.page.getByText("Not used for 30 days (1)").click();
  await button.click();
  await expect(ada.page.getByRole("status").filter({ hasText: "Safari on iPhone is signed out" })).toBeVisible();
  await expect(ada.page.getByText("Not used for 30 days")).toHaveCount(0);
});

test.describe("times", { tag: "@with-javascript" }, () => {
  test.use({ timezoneId: "Asia/Kolkata", locale: "en-GB" });

  test("say how long ago, keep that true, and have the exact one with its zone in the title", async ({ page, user, elsewhere, server }) => {
    const ada = await user("Ada Lovelace", "Firefox on Linux");
    // In a browser of that zone, whose clock the story turns.
    await page.context().addCookies(await ada.context.cookies());
    server.database("update sessions set started_at = started_at - 7200000");
    await page.clock.install();
    await visit(page, "/profile/security");
    const signedIn = device(page, "This device").locator("time").first();
    await expect(signedIn).toHaveText("2 hours ago");
    await expect(signedIn).toHaveAttribute("title", /^\d+ \w+ \d{4}.*\d+:\d\d.*(GMT\+5:30|IST)$/);
    await page.clock.fastForward("01:00:00");
    await expect(signedIn).toHaveText("3 hours ago");
    // What the island draws later is no different.
    await elsewhere(ada, "Edge on Windows");
    const later = device(page, "Edge on Windows").locator("time").first();
    await expect(later).toHaveText(/ago|just now/);
    await expect(later).toHaveAttribute("title", /(GMT\+5:30|IST)$/);
  });
});
