import type { Page, Request } from "@playwright/test";
import { ask, expectNothingOf, signedOutCard, listening, remoteLogout, remoteLogouts, reason, receipt, signIn, streaming, visit } from "../steps.ts";
import { expect, test } from "../test.ts";

const CLOCK = String.raw`\d{1,2}:\d{2}( [AP]M)?`;

/** Nothing of this user is left in the document, seen or not, and nothing in storage but what is asked for. */
async function expectNothingLeft(page: Page, email: string): Promise<void> {
  expect(await page.evaluate(() => document.body.innerHTML)).not.toContain(email);
}

/** What the page asks the server for from now on. */
function requests(page: Page): Request[] {
  const made: Request[] = [];
  page.on("request", (request) => made.push(request));
  return made;
}

test.describe("the live notice", { tag: "@with-javascript" }, () => {
  test("an open tab in another browser says at once that it was signed out, by what and from where", async ({ user, another }) => {
    const ada = await user("Ada Lovelace", "Firefox on Linux");
    const phone = await another(ada, "Safari on iPhone", true);
    await phone.page.clock.install();
    await visit(phone.page, "/profile/login");
    await listening(phone.page);
    await visit(ada.page, "/profile/security");
    const asked = requests(phone.page);
    await remoteLogout(ada.page);

    const card = signedOutCard(phone.page);
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
    // It stops: in five minutes, longer than it ever waits before trying again, the test alone asks for something.
    const before = asked.length;
    expect(before).toBeLessThanOrEqual(3);
    await phone.page.clock.runFor("05:00");
    await phone.page.evaluate(async () => {
      await fetch("/robots.txt");
    });
    await expect.poll(() => asked.slice(before).map((r) => new URL(r.url()).pathname)).toEqual(["/robots.txt"]);

    await phone.page.getByRole("link", { name: "Sign in again" }).click();
    await signIn(phone.page, ada);
    await expect(phone.page).toHaveURL("/profile/login");
    await expect(phone.page.getByText(ada.email)).toBeVisible();
  });

  test("the browser that logged out shows its receipt, and its other tabs the card", async ({ user }) => {
    const ada = await user("Ada Lovelace");
    const other = await ada.context.newPage();
    await visit(other, "/profile");
    await visit(ada.page, "/profile/security");
    await listening(other);
    await remoteLogout(ada.page);
    await expect(receipt(ada.page)).toBeVisible();
    await expect(signedOutCard(other)).toBeVisible();
    await expectNothingOf(other, ada);
  });

  test("a look-up that is refused late leaves the receipt where it is", async ({ user }) => {
    const ada = await user("Ada Lovelace");
    const { page, context } = ada;
    await visit(page, "/profile/security");
    const cookies = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
    const asked = await ask(page);
    // It was sent before the logout, and its answer comes after that of the logout.
    await page.route(/\/sign-in\?/, async (route) => {
      const late = await context.request.post("/api/fn/devices", { form: { page: 1 }, headers: { cookie: cookies } });
      expect(late.status()).toBe(401);
      await route.continue();
    });
    await asked.getByRole("button", { name: "Log out everywhere" }).click();
    await expect(receipt(page)).toBeVisible();
    await expect(reason(page)).toHaveCount(0);
  });

  test("a receipt stays where it is when the user signs in in another tab", async ({ user }) => {
    const ada = await user("Ada Lovelace");
    await visit(ada.page, "/profile/security");
    await remoteLogout(ada.page);
    await expect(receipt(ada.page)).toBeVisible();
    const [other, waiting] = [await ada.context.newPage(), await ada.context.newPage()];
    await visit(waiting, "/sign-in?next=/profile/login");
    await visit(other, "/sign-in?next=/profile");
    await signIn(other, ada);
    await expect(other).toHaveURL("/profile");
    // A tab that has nothing to say is led on.
    await expect(waiting).toHaveURL("/profile/login");
    await expect(receipt(ada.page)).toBeVisible();
  });

  for (const [means, path] of [["its dialog", "/profile/security"], ["its own page", "/profile/remote-logout"]]) {
    test(`a remote logout by ${means} leads to its receipt, however slow the answer`, async ({ user, server }) => {
      const ada = await user("Ada Lovelace");
      const { page } = ada;
      await visit(page, path);
      await listening(page);
      const asked = path.endsWith("security") ? await ask(page) : page.getByRole("main");
      // The server begins only when the three seconds after the click are over, and its answer comes long after the notice
      // that the session has ended: Chromium keeps it back while it clears its cache.
      const pause = (seconds: number) => new Promise((over) => setTimeout(over, seconds * 1_000));
      await page.route("**/remote_logout", async (route) => {
        await pause(3);
        const response = await route.fetch({ maxRedirects: 0 });
        await pause(5);
        await route.fulfill({ response });
      });
      // Told meanwhile that they "were signed out", they would think of a stranger.
      await page.evaluate(() => {
        const look = () => document.getElementById("over-title") && sessionStorage.setItem("card", "shown");
        new MutationObserver(look).observe(document, { childList: true, subtree: true });
      });
      await asked.getByRole("button", { name: "Log out everywhere" }).click();
      await expect(page).toHaveURL(/\/sign-in\?next=/);
      await expect(receipt(page)).toBeVisible();
      expect(await page.evaluate(() => sessionStorage.getItem("card"))).toBeNull();
      expect(remoteLogouts(server, ada)).toBe(1);
    });
  }

  test("no other user is told anything", async ({ user, another, server }) => {
    const ada = await user("Ada Lovelace");
    const phone = await another(ada, "Safari on iPhone");
    const bob = await user("Bob Noyce");
    const opened = [streaming(bob.page), streaming(phone.page)];
    for (const { page } of [bob, phone]) await visit(page, "/profile/login");
    await Promise.all(opened);
    await visit(ada.page, "/profile/security");
    await remoteLogout(ada.page);
    await expect(signedOutCard(phone.page)).toBeVisible();
    // A stream says one thing and ends. Bob's has still to say it: what is his own is the first that he is told.
    server.run("account", "set-plan", bob.email, "free");
    await expect(bob.page.getByRole("status").filter({ hasText: "your plan is Free now" })).toBeVisible();
    await expect(bob.page.getByText(bob.email)).toBeVisible();
  });

  test("a remote logout from the command line is told as well", async ({ user, server }) => {
    const ada = await user("Ada Lovelace");
    const opened = streaming(ada.page);
    await visit(ada.page, "/profile/login");
    await opened;
    server.run("remote-logout", ada.email);
    await expect(signedOutCard(ada.page)).toContainText("from the command line. Was this you?");
  });

  test("signing out in one tab moves the others to the sign-in page", async ({ user }) => {
    const ada = await user("Ada Lovelace");
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

  test("a new password elsewhere is told as what it is", async ({ user, another, server }) => {
    const ada = await user("Ada Lovelace");
    const phone = await another(ada, "Safari on iPhone");
    await visit(phone.page, "/profile/login");
    await listening(phone.page);
    await ada.page.clock.install();
    const opened = streaming(ada.page);
    await visit(ada.page, "/profile/password");
    await opened;
    await ada.page.getByLabel("Current password", { exact: true }).fill(ada.password);
    await ada.page.getByLabel("New password", { exact: true }).fill("seven lanterns over the harbour");
    const openedAgain = streaming(ada.page);
    await ada.page.getByRole("button", { name: "Change password" }).click();
    await expect(signedOutCard(phone.page)).toContainText(/^You were signed outThe password was changed at .* from Chrome on Windows\. Was this you\?/);
    // The tab that changed it goes on. It does not act within three seconds of sending a form, so those pass first;
    // then what it is told of its new session is not its end.
    await expect(ada.page.getByText("Your password has been changed")).toBeVisible();
    await openedAgain;
    await ada.page.clock.runFor(5_000);
    server.run("account", "set-plan", ada.email, "free");
    await expect(ada.page.getByRole("status").filter({ hasText: "your plan is Free now" })).toBeVisible();
    await expect(ada.page.getByText("Your password has been changed")).toBeVisible();
  });

  test("another plan is said on the open page, which stays as it is", async ({ user, server }) => {
    const ada = await user("Ada Lovelace");
    const opened = streaming(ada.page);
    await visit(ada.page, "/profile/security");
    await opened;
    server.run("account", "set-plan", ada.email, "free");
    const notice = ada.page.getByRole("status").filter({ hasText: "your plan is Free now" });
    await expect(notice).toBeVisible();
    await notice.getByRole("link", { name: "Reload this page" }).click();
    await expect(notice).toBeHidden();
    // What the smaller plan lacks is gone; remote logout stays for what was signed in before.
    await expect(ada.page.getByText("Available on Plus, Pro and Enterprise.").first()).toBeVisible();
    await expect(ada.page.getByRole("button", { name: "Remote logout" })).toBeEnabled();
  });

  test("with the stream blocked the first request is refused all the same", async ({ user, another, server }) => {
    const ada = await user("Ada Lovelace");
    const phone = await another(ada, "Safari on iPhone");
    await phone.page.route("**/events", (route) => route.abort());
    await visit(phone.page, "/profile");
    await phone.page.getByLabel("Name", { exact: true }).fill("Half typed");
    await visit(ada.page, "/profile/security");
    await remoteLogout(ada.page);
    await phone.page.getByRole("button", { name: "Save" }).click();
    await expect(reason(phone.page)).toContainText("Was this you?");
    await expectNothingOf(phone.page, ada);
    expect(remoteLogouts(server, ada)).toBe(1);
    // What was typed is back after signing in.
    await signIn(phone.page, ada);
    await expect(phone.page).toHaveURL("/profile");
    await expect(phone.page.getByLabel("Name", { exact: true })).toHaveValue("Half typed");
  });

  test("a session that expired is not the end while this device is remembered", async ({ user, another, server }) => {
    const ada = await user("Ada Lovelace");
    const phone = await another(ada, "Safari on iPhone", true);
    const opened = streaming(phone.page);
    await visit(phone.page, "/profile/login");
    await opened;
    const looked = Promise.all([
      phone.page.waitForResponse("**/api/fn/still_signed_in", { timeout: 60_000 }),
      streaming(phone.page, 60_000),
    ]);
    server.database("update sessions set expires_at = ? where remembered_device_id is not null", Date.now() + 500);
    // No notification was sent: the look that the server takes every 30 seconds anyway finds it. The page is told, and
    // asks. A script's request exchanges nothing, so the page goes by way of the sign-in page, which signs the browser in
    // by its remembered device and leads straight back. Then it listens again.
    const [answer] = await looked;
    expect(answer.status()).toBe(401);
    await expect(phone.page).toHaveURL("/profile/login");
    await expect(phone.page.getByText(ada.email)).toBeVisible();
    expect(await reason(phone.page).count()).toBe(0);
    expect(await phone.page.request.post("/api/fn/still_signed_in", { form: {} }).then((r) => r.status())).toBe(200);
  });

  test("a page of another user than this browser's is not shown", async ({ user, page, context }) => {
    const ada = await user("Ada Lovelace");
    const bob = await user("Bob Noyce");
    await visit(page, "/sign-in?next=/profile/login");
    await signIn(page, ada);
    await expect(page.getByText(ada.email)).toBeVisible();
    await listening(page);
    const other = await context.newPage();
    const answer = await other.request.post("/api/fn/sign_in", { form: { email: bob.email, password: bob.password } });
    expect(answer.status()).toBe(200);
    // The page may ask a moment before the browser has Bob's cookie, and then stands at signing in. Never is it Ada's.
    await expect(page.locator("body")).not.toContainText(ada.email);
    await expect(async () => {
      await page.goto("/profile/login");
      await expect(page.getByText(bob.email)).toBeVisible({ timeout: 5_000 });
    }).toPass();
    expect(await page.evaluate(() => document.body.innerHTML)).not.toContain(ada.email);
  });
});

test.describe("what was half typed", { tag: "@with-javascript" }, () => {
  test("is kept for that user's next sign-in in this browser, but for passwords", async ({ user, another }) => {
    const ada = await user("Ada Lovelace");
    const phone = await another(ada, "Safari on iPhone");
    const tab = await phone.context.newPage();
    await visit(phone.page, "/profile");
    await visit(tab, "/profile/password");
    await listening(tab);
    await phone.page.getByLabel("Username").fill("half-typed");
    await tab.getByLabel("New password", { exact: true }).fill("seven secret lanterns");
    await tab.getByRole("button", { name: "Show password" }).last().click();
    await visit(ada.page, "/profile/security");
    await remoteLogout(ada.page);
    await expect(signedOutCard(phone.page)).toBeVisible();
    await expect(signedOutCard(tab)).toBeVisible();
    const stored = await tab.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    expect(stored).toContain("half-typed");
    expect(stored).not.toContain("lanterns");

    await phone.page.getByRole("link", { name: "Sign in again" }).click();
    await signIn(phone.page, ada);
    await expect(phone.page.getByLabel("Username")).toHaveValue("half-typed");
    await expect(phone.page.getByText("We kept what you had typed.")).toBeVisible();
    // Once.
    await phone.page.reload();
    await expect(phone.page.getByLabel("Username")).toHaveValue("");
  });

  test("is kept in the browser that logged out, whose storage was cleared", async ({ user }) => {
    const ada = await user("Ada Lovelace");
    const other = await ada.context.newPage();
    await visit(other, "/profile");
    await visit(ada.page, "/profile/security");
    await listening(ada.page);
    await other.getByLabel("Username").fill("half-typed");
    await remoteLogout(ada.page);
    await expect(signedOutCard(other)).toBeVisible();
    await other.getByRole("link", { name: "Sign in again" }).click();
    await signIn(other, ada);
    await expect(other.getByLabel("Username")).toHaveValue("half-typed");
  });

  test("is gone when another user signs in", async ({ user, another }) => {
    const ada = await user("Ada Lovelace");
    const bob = await user("Bob Noyce");
    const phone = await another(ada, "Safari on iPhone");
    await visit(phone.page, "/profile");
    await listening(phone.page);
    await phone.page.getByLabel("Username").fill("half-typed");
    await visit(ada.page, "/profile/security");
    await remoteLogout(ada.page);
    await phone.page.getByRole("link", { name: "Sign in again" }).click();
    await signIn(phone.page, bob);
    await expect(phone.page).toHaveURL("/profile");
    await expect(phone.page.getByLabel("Username")).toHaveValue("");
    expect(await phone.page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain("half-typed");
  });
});

type Looking = typeof globalThis & { looks: number };

/** How often this tab has looked at the note, where there are no locks. */
const looks = (page: Page): Promise<number> => page.evaluate(() => (globalThis as Looking).looks);

/** How many tabs of this browser hold the stream's lock, and how many wait for it. */
const holdingAndWaiting = (page: Page): Promise<number[]> =>
  page.evaluate(async () => {
    const { held = [], pending = [] } = await navigator.locks.query();
    return [held, pending].map((all) => all.filter((lock) => lock.name === "curfew-live").length);
  });

for (const locks of [true, false]) {
  const how = locks ? "" : ", in a browser that has no locks because it is plain http";
  test(`ten tabs are all usable and all are told${how}`, { tag: "@with-javascript" }, async ({ user, another, server }) => {
    const ada = await user("Ada Lovelace");
    const phone = await another(ada, "Safari on iPhone");
    if (!locks) {
      await phone.context.addInitScript(() => {
        Object.defineProperty(navigator, "locks", { value: undefined });
        // Counts how often this tab looks at the note that says which tab holds the stream.
        const read = Storage.prototype.getItem;
        Storage.prototype.getItem = function (key) {
          if (key === "curfew-live") Object.assign(globalThis, { looks: (globalThis as Looking).looks + 1 });
          return read.call(this, key);
        };
        Object.assign(globalThis, { looks: 0 });
      });
    }
    let streams = 0;
    phone.context.on("request", (r) => (streams += r.url().endsWith("/events") ? 1 : 0));
    const tabs = [phone.page];
    while (tabs.length < 10) tabs.push(await phone.context.newPage());
    for (const tab of tabs) await visit(tab, "/profile/login");
    for (const tab of tabs) await expect(tab.getByText(ada.email)).toBeVisible();
    if (locks) await expect.poll(() => holdingAndWaiting(phone.page)).toEqual([1, 9]);
    else for (const tab of tabs) await expect.poll(() => looks(tab)).toBeGreaterThanOrEqual(2);
    // Every tab knows by now whether the stream is its to hold.
    await expect.poll(() => streams).toBeGreaterThan(0);
    expect(streams).toBeLessThan(locks ? 2 : 4);
    await visit(ada.page, "/profile/security");
    await remoteLogout(ada.page);
    for (const tab of tabs) {
      await expect(signedOutCard(tab)).toBeVisible();
      await expectNothingOf(tab, ada);
    }
    expect(remoteLogouts(server, ada)).toBe(1);
  });
}

test("when the tab that holds the stream is closed another one takes over", { tag: "@with-javascript" }, async ({ user, another }) => {
  const ada = await user("Ada Lovelace");
  const phone = await another(ada, "Safari on iPhone");
  const second = await phone.context.newPage();
  await visit(phone.page, "/profile");
  await listening(phone.page);
  await visit(second, "/profile/login");
  const taken = second.waitForRequest("**/events");
  await phone.page.close();
  await taken;
  await visit(ada.page, "/profile/security");
  await remoteLogout(ada.page);
  await expect(signedOutCard(second)).toBeVisible();
});
