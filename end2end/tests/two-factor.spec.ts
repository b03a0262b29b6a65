import { readFileSync } from "node:fs";
import { codeOf } from "../codes.ts";
import { remoteLogout, signIn, visit } from "../steps.ts";
import { expect, test } from "../test.ts";
import { keepCodes, scan, setUp } from "../two-factor.ts";

test("two-factor authentication is set up step by step, and on only after a right code", async ({ user, another }) => {
  const ada = await user("Ada Lovelace");
  const phone = await another(ada, "Safari on iPhone", true);
  const { page } = ada;
  const codes = await keepCodes(page);
  expect(new Set(codes).size).toBe(16);

  const file = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download" }).click();
  const download = await file;
  expect(download.suggestedFilename()).toBe("curfew-recovery-codes.txt");
  const text = readFileSync(await download.path(), "utf8");
  for (const part of [ada.email, "Address: http://127.0.0.1:", ...codes]) expect(text).toContain(part);

  const secret = await scan(page);
  const field = page.getByLabel("Authentication code");
  await expect(field).toHaveAttribute("inputmode", "numeric");
  await expect(field).toHaveAttribute("autocomplete", "one-time-code");
  const right = codeOf(secret);
  await field.fill(right === "000000" ? "000001" : "000000");
  await page.getByRole("button", { name: "Turn on" }).click();
  await expect(page.getByRole("alert")).toContainText("That code isn’t right.");
  await visit(page, "/profile/login");
  await expect(page.getByText("Off", { exact: false }).first()).toBeVisible();

  // Back in the middle of the set-up: the same codes and the same secret are shown.
  await page.goto("/profile/two-factor/app");
  await page.getByLabel("Authentication code").fill(`${right.slice(0, 3)} ${right.slice(3)}`);
  await page.getByRole("button", { name: "Turn on" }).click();
  const said = page.getByRole("status").filter({ hasText: "Two-factor authentication is on" });
  await expect(said).toContainText("1 other session and 1 remembered device ended. You stay signed in here.");
  await expect(page.getByText("16 of 16 left")).toBeVisible();

  await phone.page.goto("/profile");
  await expect(phone.page.getByText(/^Two-factor authentication was turned on at .*Was this you\?$/)).toBeVisible();
  // What was shown is shown no longer.
  expect((await page.request.get("/profile/two-factor/recovery-codes.txt")).status()).toBe(404);
  expect((await page.request.get("/profile/two-factor/qr.svg")).status()).toBe(404);
});

test("signing in asks for a code, takes each once, and leads to the page that was asked for", async ({ user, device }) => {
  const ada = await user("Ada Lovelace");
  const { secret, used } = await setUp(ada.page);
  const { page, context } = await device("Safari on iPhone");
  await visit(page, "/profile/login");
  await signIn(page, ada);
  await expect(page).toHaveURL("/sign-in/code");
  // A pending sign-in is no session.
  expect((await context.request.get("/profile", { maxRedirects: 0 })).status()).toBe(303);
  expect((await context.cookies()).map((c) => c.name)).not.toContain("curfew_session");

  await page.getByLabel("Authentication code").fill(used);
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("alert")).toContainText("That code isn’t right or was already used.");
  await page.getByLabel("Authentication code").fill(codeOf(secret, 1));
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page).toHaveURL("/profile/login");
  await expect(page.getByText("How you sign in")).toBeVisible();
});

test("a recovery code signs in once, and few left are warned of", async ({ user, device, server }) => {
  const ada = await user("Ada Lovelace");
  const { codes } = await setUp(ada.page);
  server.database(
    "update recovery_codes set used_at = 1 where rowid in (select rowid from recovery_codes where user_id = (select id from users where email = ?) limit 12)",
    ada.email,
  );
  const { page } = await device("Edge on Windows");
  await visit(page, "/sign-in?next=/profile/security");
  await signIn(page, ada);
  await page.getByRole("link", { name: "Use a recovery code" }).click();
  // Twelve are used; one of the last four works.
  for (const code of codes) {
    await page.getByLabel("Recovery code").fill(code.toUpperCase());
    await page.getByRole("button", { name: "Continue" }).click();
    await page.waitForURL(/./);
    if (page.url().endsWith("/profile/security")) break;
    if (await page.getByRole("alert").getByText("Too many attempts").isVisible()) server.database("delete from rate_limits");
  }
  await expect(page.getByText("3 of 16 left")).toBeVisible();
  await expect(page.getByRole("alert")).toContainText("You have 3 recovery codes left");
});

test("a remote logout leaves it on, and ends a pending sign-in", async ({ user, device }) => {
  const ada = await user("Ada Lovelace");
  const { secret } = await setUp(ada.page);
  const { page } = await device("Safari on iPhone");
  await visit(page, "/sign-in");
  await signIn(page, ada);
  await expect(page).toHaveURL("/sign-in/code");
  await visit(ada.page, "/profile/security");
  await remoteLogout(ada.page);

  await page.getByLabel("Authentication code").fill(codeOf(secret, 1));
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page).toHaveURL("/sign-in");
  await expect(page.getByRole("alert")).toContainText("This sign-in took too long or was ended from another device.");
  await signIn(page, ada);
  await page.getByLabel("Authentication code").fill(codeOf(secret, 1));
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
});

test("a sensitive operation asks for re-authentication on the same page, and continues with what was typed", async ({ user, server }) => {
  const ada = await user("Ada Lovelace");
  const { page } = ada;
  server.database("update sessions set confirmed_at = confirmed_at - 601000");
  await visit(page, "/profile/login");
  await page.getByLabel("New email").fill("countess@example.org");
  await page.getByRole("button", { name: "Send link" }).click();
  await expect(page.getByRole("alert")).toContainText("Enter your password.");
  await expect(page.getByLabel("New email")).toHaveValue("countess@example.org");
  await page.getByLabel("Confirm it’s you").fill("not this one");
  await page.getByRole("button", { name: "Send link" }).click();
  await expect(page.getByRole("alert")).toContainText("That isn’t your password.");
  await page.getByLabel("Confirm it’s you").fill(ada.password);
  await page.getByRole("button", { name: "Send link" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Check your email at the new address" })).toBeVisible();
});

test("it is turned off after asking, and new codes replace the old ones", async ({ user, server }) => {
  const ada = await user("Ada Lovelace");
  const { page } = ada;
  const { codes, secret } = await setUp(page);
  server.database("update sessions set confirmed_at = confirmed_at - 601000");
  await visit(page, "/profile/two-factor/new-codes");
  await page.getByLabel("Confirm it’s you").fill(codeOf(secret, 1));
  await page.getByRole("button", { name: "Create new codes" }).click();
  const list = page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
  await expect(list).toHaveCount(16);
  expect(await list.allTextContents()).not.toEqual(codes);
  await page.getByRole("button", { name: "I’ve saved them, use these codes" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Your new recovery codes are in use" })).toBeVisible();

  await page.getByRole("link", { name: "Turn off" }).click();
  await page.getByRole("button", { name: "Turn off" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Two-factor authentication is off" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Set up" })).toBeVisible();
});

test("on the Free plan it is there, disabled, and names the plans that have it", async ({ user, server }) => {
  const { page, email } = await user("Ada Lovelace");
  server.run("account", "set-plan", email, "free");
  await visit(page, "/profile/security");
  await expect(page.getByRole("button", { name: "Set up" })).toBeDisabled();
  await expect(page.getByText("Available on Plus, Pro and Enterprise.").last()).toBeVisible();
});
