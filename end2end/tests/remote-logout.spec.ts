import { ask, cookie, giveToken, liveSessions, remoteLogout, remoteLogouts, reason, receipt, signIn, visit } from "../steps.ts";
import { expect, test } from "../test.ts";

const CLOCK = String.raw`\d{1,2}:\d{2}( [AP]M)?`;

for (const [tab, path] of [
  ["Security", "/profile/security"],
  ["Password", "/profile/password"],
] as const) {
  test(`Remote logout from Profile → ${tab} ends everything everywhere`, async ({ user, another, elsewhere, device, server }) => {
    const ada = await user("Ada Lovelace", "Firefox on Linux");
    const phone = await another(ada, "Safari on iPhone", true);
    const program = await elsewhere(ada, "Edge on Windows");
    const bob = await user("Bob Noyce");
    giveToken(server, ada, "api", "Backup script");
    const copied = await device("Edge on Windows");
    await copied.context.addCookies([
      { name: "curfew_remember", value: (await cookie(phone.context, "curfew_remember"))!, url: server.url },
    ]);
    await visit(phone.page, "/profile/login");

    await visit(ada.page, path);
    await remoteLogout(ada.page);

    await expect(ada.page).toHaveURL(`/sign-in?next=${path}`);
    await expect(receipt(ada.page)).toContainText(
      new RegExp(`3 sessions and 1 remembered device ended at ${CLOCK}`),
    );
    expect(await cookie(ada.context, "curfew_session")).toBeUndefined();
    expect(remoteLogouts(server, ada)).toBe(1);

    // Every other device is refused on its next request, and told why.
    await phone.page.reload();
    await expect(phone.page).toHaveURL("/sign-in?next=/profile/login");
    await expect(reason(phone.page)).toContainText(
      new RegExp(`Signed out by Remote logout at ${CLOCK}( UTC)? from Firefox on Linux\\. Was this you\\?`),
    );
    expect(await cookie(phone.context, "curfew_session")).toBeUndefined();
    expect(await cookie(phone.context, "curfew_remember")).toBeUndefined();

    const answer = await program.post("/api/fn/still_signed_in", { form: {} });
    expect(answer.status()).toBe(401);
    expect(await answer.json()).toMatchObject({
      code: "session_ended",
      reason: { end_reason: "remote_logout", by: "Firefox on Linux" },
    });

    // A remember-me cookie that a thief copied before starts nothing.
    await copied.page.goto("/");
    await expect(copied.page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
    expect(await cookie(copied.context, "curfew_session")).toBeUndefined();
    expect(liveSessions(server, ada)).toBe(0);

    // No other user is signed out.
    await bob.page.goto("/profile/login");
    await expect(bob.page.getByText(bob.email)).toBeVisible();

    await signIn(ada.page, ada);
    await expect(ada.page).toHaveURL(path);
    await visit(ada.page, "/settings/api");
    await expect(ada.page.getByRole("row", { name: /Backup script/ })).toBeVisible();
  });
}

test("a remote logout from the command line is explained like any other", async ({ user, server }) => {
  const ada = await user("Ada Lovelace");
  await visit(ada.page, "/profile/login");
  server.run("remote-logout", ada.email);
  await ada.page.reload();
  await expect(reason(ada.page)).toContainText("from the command line. Was this you?");
  expect([remoteLogouts(server, ada), liveSessions(server, ada)]).toEqual([1, 0]);
});

test("Cancel changes nothing", async ({ user, elsewhere, server, javaScript }) => {
  const ada = await user("Ada Lovelace");
  await elsewhere(ada, "Safari on iPhone", true);
  await visit(ada.page, "/profile/password");
  const asked = await ask(ada.page);
  const cancel = asked.getByRole(javaScript ? "button" : "link", { name: "Cancel" });
  await cancel.click();
  await expect(ada.page).toHaveURL("/profile/password");
  await expect(asked).toBeHidden();
  expect([remoteLogouts(server, ada), liveSessions(server, ada)]).toEqual([0, 2]);
});

test("the question says what the database says", async ({ user, elsewhere, server, javaScript }) => {
  const ada = await user("Ada Lovelace", "Firefox on Linux");
  await elsewhere(ada, "Safari on iPhone", true);
  await elsewhere(ada, "Edge on Windows", true);
  giveToken(server, ada, "api", "Backup script");
  giveToken(server, ada, "api", "Dashboard");
  giveToken(server, ada, "mcp", "Notebook");
  await visit(ada.page, "/profile/security");
  const asked = await ask(ada.page);

  await expect(asked.getByText("3 sessions", { exact: true })).toBeVisible();
  await expect(asked.getByText("2 remembered devices", { exact: true })).toBeVisible();
  const devices = asked.getByRole("list", { name: "Sessions that will end" }).getByRole("listitem");
  await expect(devices).toHaveCount(3);
  await expect(devices.filter({ hasText: "This device" })).toHaveCount(1);
  await expect(devices.first()).toContainText(/Firefox on Linux.*This device.*127\.0\.0\.1/);
  await expect(asked.getByRole("link", { name: "2 API tokens" })).toHaveAttribute("href", "/settings/api");
  await expect(asked.getByRole("link", { name: "1 MCP token" })).toHaveAttribute("href", "/settings/mcp");
  await expect(asked.getByText("Two-factor authentication: off")).toBeVisible();
  await expect(asked.locator(".outcome__warning")).toContainText("This can’t be undone.");

  // Not what it said the last time: what is in the database now.
  await asked.getByRole(javaScript ? "button" : "link", { name: "Cancel" }).click();
  await elsewhere(ada, "Chrome on Windows");
  server.database("update users set two_factor_since = 1 where email = ?", ada.email);
  await ask(ada.page);
  await expect(asked.getByText("4 sessions", { exact: true })).toBeVisible();
  await expect(asked.getByText("Two-factor authentication: on")).toBeVisible();
});

test("confirming twice is confirming once", async ({ user, server }) => {
  const ada = await user("Ada Lovelace");
  await visit(ada.page, "/profile/security");
  const asked = await ask(ada.page);
  await asked.getByRole("button", { name: "Log out everywhere" }).dblclick();
  await expect(ada.page).toHaveURL("/sign-in?next=/profile/security");
  expect(remoteLogouts(server, ada)).toBe(1);
});

test("confirming in two tabs at once has one outcome and no error page", async ({ user, another, server }) => {
  const ada = await user("Ada Lovelace");
  const phone = await another(ada, "Safari on iPhone");
  const both = [ada.page, phone.page];
  for (const page of both) await visit(page, "/profile/security");
  const asked = await Promise.all(both.map(ask));
  await Promise.all(asked.map((a) => a.getByRole("button", { name: "Log out everywhere" }).click()));
  for (const page of both) {
    await expect(page).toHaveURL(/\/sign-in\?next=(\/|%2F)profile/);
    await expect(receipt(page).or(reason(page))).toBeVisible();
  }
  expect(remoteLogouts(server, ada)).toBe(1);
});
