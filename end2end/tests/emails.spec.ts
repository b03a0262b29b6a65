import { fillSignIn, liveSessions, remoteLogouts, receipt, signIn, visit } from "../steps.ts";
import { expect, test } from "../test.ts";

const NEW = "seven lanterns over the harbour";

test("a forgotten password is reset with an emailed link, which signs no one in", async ({ user, device, server }) => {
  const ada = await user("Ada Lovelace");
  const { page } = await device("Safari on iPhone");
  await visit(page, "/sign-in");
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await page.getByLabel("Email").fill(ada.email);
  await page.getByRole("button", { name: "Send link" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Check your email" })).toBeVisible();

  const link = await server.linkFor(ada.email, "/reset-password");
  await page.goto(link);
  await page.getByLabel("New password", { exact: true }).fill("short");
  await page.getByRole("button", { name: "Set new password" }).click();
  await expect(page.getByRole("alert")).toContainText("Use 8 characters or more.");
  await page.getByLabel("New password", { exact: true }).fill(NEW);
  await page.getByRole("button", { name: "Set new password" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Your password has been reset" })).toBeVisible();
  await expect(page).toHaveURL("/sign-in");
  await signIn(page, { ...ada, password: NEW });
  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();

  await page.goto(link);
  await expect(page.getByRole("heading", { name: "This link has expired or was used" })).toBeVisible();
  await ada.page.goto("/profile");
  await expect(ada.page.getByText(/^The password was changed at /)).toBeVisible();
});

test("an address that no user has gets the same answer and no email", async ({ page, stranger, server }) => {
  const unknown = stranger("Unknown");
  await visit(page, "/forgot-password");
  await page.getByLabel("Email").fill(unknown.email);
  await page.getByRole("button", { name: "Send link" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Check your email" })).toBeVisible();
  await page.waitForTimeout(2_500);
  expect(server.emails(unknown.email)).toEqual([]);
});

test("a new email address takes effect when its link is used", async ({ user, stranger, server, device }) => {
  const ada = await user("Ada Lovelace");
  const { page } = ada;
  const email = stranger("Countess").email;
  await visit(page, "/profile/login");
  await page.getByLabel("New email").fill(email);
  await page.getByRole("button", { name: "Send link" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Check your email at the new address" })).toBeVisible();
  const link = await server.linkFor(email, "/confirm-email");

  // Looking at it changes nothing, in whatever browser.
  const phone = await device("Safari on iPhone");
  await phone.page.goto(link);
  await expect(phone.page.getByRole("heading", { name: "Confirm your email address" })).toBeVisible();
  await page.goto(link);
  await page.getByRole("button", { name: "Use this address" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Your email address has been changed" })).toBeVisible();
  await expect(page.getByText(email)).toBeVisible();

  await visit(phone.page, "/sign-in");
  await fillSignIn(phone.page, { ...ada, email });
  await phone.page.getByRole("button", { name: "Sign in" }).click();
  await expect(phone.page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
  await expect.poll(() => server.emails(email).some((l) => l.includes("new device"))).toBe(true);
});

test("“This wasn’t me” in the email about a new device logs out everywhere, without signing in", async ({ user, device, server }) => {
  const ada = await user("Ada Lovelace", "Firefox on Linux");
  const eve = await device("Edge on Windows");
  await visit(eve.page, "/sign-in");
  await signIn(eve.page, ada);
  await expect(eve.page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
  const link = await server.linkFor(ada.email, "/not-me");

  // Looking changes nothing, however often a mail program does it.
  const phone = await device("Safari on iPhone");
  await phone.page.goto(link);
  await phone.page.reload();
  await expect(phone.page.getByRole("heading", { level: 1, name: "Was this you?" })).toBeVisible();
  await expect(phone.page.getByText("Edge on Windows")).toBeVisible();
  await expect(phone.page.getByText("2 sessions")).toBeVisible();
  expect(liveSessions(server, ada)).toBe(2);

  await phone.page.getByRole("button", { name: "Log out everywhere" }).click();
  await expect(phone.page).toHaveURL("/sign-in?next=/profile/password");
  await expect(receipt(phone.page)).toContainText("2 sessions ended at");
  expect([liveSessions(server, ada), remoteLogouts(server, ada)]).toEqual([0, 1]);
  await eve.page.goto("/profile");
  await expect(eve.page.getByText(/^Signed out by Remote logout at .*from Safari on iPhone/)).toBeVisible();

  // Signing in leads to the password, because a stranger knows it. The link was used.
  await visit(phone.page, "/sign-in?next=/profile/password");
  await signIn(phone.page, ada);
  await expect(phone.page).toHaveURL("/profile/password");
  await phone.page.goto(link);
  await expect(phone.page.getByRole("heading", { name: "This link has expired or was used" })).toBeVisible();
  expect(liveSessions(server, ada)).toBe(1);
});
