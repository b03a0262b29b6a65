import { ask, giveToken, liveSessions, remoteLogout, remoteLogouts, reason, receipt, seen, visit } from "../steps.ts";
import { expect, test } from "../test.ts";

test.describe("in the dialog", { tag: "@with-javascript" }, () => {
  test("no network: nothing was changed, and trying again works", async ({ user, server }) => {
    const ada = await user("Ada Lovelace");
    await visit(ada.page, "/profile/security");
    await ada.page.route("**/api/fn/remote_logout", (route) => route.abort("internetdisconnected"));
    const dialog = await ask(ada.page);
    await dialog.getByRole("button", { name: "Log out everywhere" }).click();
    await expect(dialog.getByRole("alert")).toContainText(/nothing was changed/i);
    await expect(dialog).toBeVisible();
    expect([remoteLogouts(server, ada), liveSessions(server, ada)]).toEqual([0, 1]);

    await ada.page.unroute("**/api/fn/remote_logout");
    await dialog.getByRole("button", { name: "Try again" }).click();
    await expect(receipt(ada.page)).toContainText("1 session ended");
    expect(remoteLogouts(server, ada)).toBe(1);
  });

  test("database unavailable: nothing was changed, and trying again works", async ({ user, server }) => {
    const ada = await user("Ada Lovelace");
    await visit(ada.page, "/profile/password");
    const dialog = await ask(ada.page);
    const unlock = await server.lockDatabase();
    const answer = ada.page.waitForResponse("**/api/fn/remote_logout");
    const confirm = dialog.getByRole("button", { name: "Log out everywhere" });
    await confirm.click();
    await expect(confirm).toHaveAttribute("aria-busy", "true");
    expect((await answer).status()).toBe(503);
    await expect(dialog.getByRole("alert")).toContainText(
      "Curfew can’t reach its database right now. Nothing was changed.",
    );
    await unlock();
    expect([remoteLogouts(server, ada), liveSessions(server, ada)]).toEqual([0, 1]);

    await dialog.getByRole("button", { name: "Try again" }).click();
    await expect(receipt(ada.page)).toBeVisible();
    expect(remoteLogouts(server, ada)).toBe(1);
  });

  test("the answer is lost: what is said is true, and trying again leads out", async ({ user, server }) => {
    const ada = await user("Ada Lovelace");
    // So that it does not notice by itself.
    await ada.page.route("**/events**", (route) => route.abort());
    await visit(ada.page, "/profile/security");
    // The request arrives; its answer does not.
    await ada.page.route("**/api/fn/remote_logout", async (route) => {
      await ada.context.request.fetch(route.request(), { maxRedirects: 0 });
      await route.abort("connectionreset");
    });
    const dialog = await ask(ada.page);
    await ada.page.getByRole("button", { name: "Log out everywhere" }).click();
    // It cannot know, so it does not claim to.
    await expect(dialog.getByRole("alert")).toContainText("As far as this page can tell, nothing was changed.");
    expect(remoteLogouts(server, ada)).toBe(1);

    await ada.page.unroute("**/api/fn/remote_logout");
    await dialog.getByRole("button", { name: "Try again" }).click();
    await expect(reason(ada.page).or(receipt(ada.page))).toBeVisible();
    expect(remoteLogouts(server, ada)).toBe(1);
  });

  test("what will end cannot be looked up: the button is there all the same", async ({ user, server }) => {
    const ada = await user("Ada Lovelace");
    await visit(ada.page, "/profile/security");
    await ada.page.route("**/api/fn/remote_logout_facts", (route) => route.abort());
    await ada.page.getByRole("button", { name: "Remote logout" }).click();
    const dialog = ada.page.getByRole("dialog");
    await expect(dialog).toContainText("Curfew couldn’t look up what will end.");
    await expect(dialog).toContainText("This can’t be undone.");
    await dialog.getByRole("button", { name: "Log out everywhere" }).click();
    await expect(receipt(ada.page)).toBeVisible();
    expect(remoteLogouts(server, ada)).toBe(1);
  });

  test("signed out elsewhere while the dialog was open: the way back in", async ({ user, another, server }) => {
    const ada = await user("Ada Lovelace");
    const phone = await another(ada, "Safari on iPhone");
    // So that it does not notice by itself.
    await ada.page.route("**/events**", (route) => route.abort());
    await visit(ada.page, "/profile/security");
    await ask(ada.page);
    await visit(phone.page, "/profile/security");
    await remoteLogout(phone.page);
    await ada.page.getByRole("button", { name: "Log out everywhere" }).click();
    await expect(reason(ada.page)).toContainText("from Safari on iPhone");
    expect(remoteLogouts(server, ada)).toBe(1);
  });

  test("two forms learn at once that the session has ended: the page leaves once, and says why", async ({ user, another }) => {
    const ada = await user("Ada Lovelace");
    const phone = await another(ada, "Safari on iPhone");
    // So that it does not notice by itself.
    await ada.page.route("**/events**", (route) => route.abort());
    await visit(ada.page, "/profile/security");
    await visit(phone.page, "/profile/security");
    await remoteLogout(phone.page);

    const refused: string[] = [];
    const left: string[] = [];
    ada.page.on("response", (answer) => {
      if (answer.status() === 401) refused.push(answer.url());
    });
    ada.page.on("request", (request) => {
      if (request.isNavigationRequest() && request.url().includes("/sign-in")) left.push(request.url());
    });
    // The way out is slow: the page is still there when the second answer comes.
    await ada.page.route("**/sign-in?**", async (route) => {
      await expect.poll(() => refused.length).toBe(2);
      await route.continue();
    });
    await ada.page.evaluate(() => {
      for (const form of ["rename_device", "end_session"]) {
        document.querySelector<HTMLFormElement>(`form[action$="/api/fn/${form}"]`)?.requestSubmit();
      }
    });
    await expect(reason(ada.page)).toContainText("from Safari on iPhone");
    expect(refused.length, refused.join("\n")).toBe(2);
    expect(left.length, left.join("\n")).toBe(1);
  });

  test("the browser says that it is offline: the dialog stays, with what was ticked, and what is behind it is covered", async ({ user, server }) => {
    const ada = await user("Ada Lovelace");
    giveToken(server, ada, "api", "Backup script");
    await visit(ada.page, "/profile/security");
    const dialog = await ask(ada.page);
    await dialog.getByText("More: also revoke tokens").click();
    await dialog.getByLabel("Also revoke my API tokens").check();
    await ada.context.setOffline(true);
    await expect(ada.page.locator("html")).toHaveClass(/is-offline/);
    await expect(dialog).toBeVisible();
    await expect(ada.page.getByRole("heading", { name: "Devices", exact: true })).toBeHidden();
    await dialog.getByRole("button", { name: "Log out everywhere" }).click();
    await expect(dialog.getByRole("alert")).toContainText("nothing was changed");
    expect([remoteLogouts(server, ada), liveSessions(server, ada)]).toEqual([0, 1]);

    await ada.context.setOffline(false);
    await expect(ada.page.locator("html")).not.toHaveClass(/is-offline/);
    await expect(dialog.getByLabel("Also revoke my API tokens")).toBeChecked();
    await dialog.getByRole("button", { name: "Try again" }).click();
    await expect(receipt(ada.page)).toContainText("Revoked: 1 API token.");
    expect(remoteLogouts(server, ada)).toBe(1);
  });

  test("a form that finds the network gone keeps what was typed", async ({ user }) => {
    const { page } = await user("Ada Lovelace");
    await visit(page, "/profile");
    await page.getByLabel("Name", { exact: true }).fill("Ada King");
    await page.route("**/api/fn/update_profile", (route) => route.abort("internetdisconnected"));
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("alert")).toContainText("Curfew can’t be reached");
    await page.unroute("**/api/fn/update_profile");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("status").filter({ hasText: "Saved" })).toBeVisible();
    await expect(page.getByLabel("Name", { exact: true })).toHaveValue("Ada King");
  });
});

test("on the confirm page: database unavailable, nothing was changed, and trying again works", async ({ user, server }) => {
  const ada = await user("Ada Lovelace");
  await visit(ada.page, "/profile/remote-logout?from=password");
  const unlock = await server.lockDatabase();
  await ada.page.getByRole("button", { name: "Log out everywhere" }).click();
  await expect(ada.page.getByRole("alert")).toContainText("Nothing was changed.");
  await unlock();
  await expect(ada.page).toHaveURL("/profile/remote-logout?from=password");
  expect([remoteLogouts(server, ada), liveSessions(server, ada)]).toEqual([0, 1]);

  await ada.page.getByRole("button", { name: "Log out everywhere" }).click();
  await expect(ada.page).toHaveURL("/sign-in?next=/profile/password");
  await expect(receipt(ada.page)).toBeVisible();
});

test("a page that was asked for while the network was gone is no page of Curfew", async ({ user }) => {
  const ada = await user("Ada Lovelace");
  await visit(ada.page, "/profile/login");
  await ada.context.setOffline(true);
  await expect(ada.page.goto("/profile/security")).rejects.toThrow(/ERR_INTERNET_DISCONNECTED/);
  expect(await seen(ada.page)).not.toContain(ada.email);
});
