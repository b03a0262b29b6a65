import { cookie, fillSignIn, signIn, visit } from "../steps.ts";
import { expect, test } from "../test.ts";

test("a new user signs up, looks around, signs out and signs in again", async ({ page, stranger }) => {
  const ada = stranger("Ada Lovelace");
  await visit(page, "/sign-up");
  await page.getByLabel("Name").fill(ada.name);
  await fillSignIn(page, ada);
  await page.getByRole("button", { name: "Create account" }).click();

  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
  await expect(page.getByText("Hello Ada.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "You’re signed in on 1 device" })).toBeVisible();

  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Profile" }).click();
  const tabs = page.getByRole("navigation", { name: "Profile" });
  for (const [tab, address, heading] of [
    ["Login", "/profile/login", "How you sign in"],
    ["Password", "/profile/password", "Change your password"],
    ["Security", "/profile/security", "Devices"],
    ["Profile", "/profile", "About you"],
  ] as const) {
    await tabs.getByRole("link", { name: tab, exact: true }).click();
    await expect(page).toHaveURL(address);
    await expect(page.getByRole("heading", { level: 2, name: heading, exact: true })).toBeVisible();
    await expect(tabs.getByRole("link", { name: tab, exact: true })).toHaveAttribute("aria-current", "page");
    await expect(page).toHaveTitle(`${tab} · Curfew`);
  }

  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByText("You’re signed out on this device")).toBeVisible();
  await signIn(page, ada);
  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
});

test("a name is saved, and a bad username is refused with what was typed still there", async ({ user }) => {
  const { page } = await user("Ada Lovelace");
  await visit(page, "/profile");
  await page.getByLabel("Name", { exact: true }).fill("Ada King");
  await page.getByLabel("Username").fill("no spaces here");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { name: "Check one thing" })).toBeVisible();
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("Ada King");
  await expect(page.getByLabel("Username")).toHaveValue("no spaces here");

  await page.getByLabel("Username").fill("ada");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Saved" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Ada King" })).toBeVisible();
});

test("a new password ends the other sessions and says so", async ({ user, another }) => {
  const ada = await user("Ada Lovelace");
  const phone = await another(ada, "Safari on iPhone", true);
  await visit(ada.page, "/profile/password");
  await ada.page.getByLabel("Current password", { exact: true }).fill(ada.password);
  await ada.page.getByLabel("New password", { exact: true }).fill("seven lanterns over the harbour");
  await ada.page.getByRole("button", { name: "Change password" }).click();
  const said = ada.page.getByRole("status").filter({ hasText: "Your password has been changed" });
  await expect(said).toContainText("1 other session and 1 remembered device ended. You stay signed in here.");

  await phone.page.goto("/profile");
  await expect(phone.page.getByText(/^The password was changed at .* from Chrome on Windows\. Was this you\?$/)).toBeVisible();
});

test("remember me outlives the session", async ({ page, context, user }) => {
  const ada = await user("Ada Lovelace");
  await visit(page, "/sign-in");
  await fillSignIn(page, ada);
  await page.getByLabel("Remember me").check();
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();

  const before = await cookie(context, "curfew_remember");
  // The browser is closed, and opened again later.
  await page.close();
  await context.clearCookies({ name: "curfew_session" });
  const later = await context.newPage();
  await later.goto("/profile/login");
  await expect(later.getByText(ada.email)).toBeVisible();
  expect(await cookie(context, "curfew_session")).toBeTruthy();
  expect(await cookie(context, "curfew_remember")).not.toBe(before);
});

test("the page that was asked for comes after signing in, and only a page of ours", async ({ page, user }) => {
  const ada = await user("Ada Lovelace");
  await page.goto("/profile/password");
  await expect(page).toHaveURL("/sign-in?next=/profile/password");
  await signIn(page, ada);
  await expect(page).toHaveURL("/profile/password");

  await page.getByRole("button", { name: "Sign out" }).click();
  await visit(page, "/sign-in?next=//example.com/profile");
  await signIn(page, ada);
  await expect(page).toHaveURL("/");
});

test("a wrong password is refused, and the email is still there", async ({ page, user }) => {
  const ada = await user("Ada Lovelace");
  await visit(page, "/sign-in?next=/profile/login");
  await page.getByLabel("Remember me").check();
  await signIn(page, { ...ada, password: "not the password" });
  await expect(page.getByRole("alert")).toHaveText("The email or password is wrong.");
  await expect(page.getByLabel("Email")).toHaveValue(ada.email);
  await expect(page.getByLabel("Remember me")).toBeChecked();

  await page.getByLabel("Password", { exact: true }).fill(ada.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL("/profile/login");
});

test("what is wrong is beside its field, and above the form with links", async ({ page, javaScript }) => {
  await visit(page, "/sign-in");
  await page.getByRole("button", { name: "Sign in" }).click();
  const summary = page.getByRole("alert", { name: "Check 2 things" });
  await expect(summary).toBeVisible();
  if (javaScript) await expect(summary).toBeFocused();

  const email = page.getByLabel("Email");
  await expect(email).toHaveAttribute("aria-invalid", "true");
  await expect(email).toHaveAccessibleDescription("Enter your email address.");
  await expect(page.getByLabel("Password", { exact: true })).toHaveAccessibleDescription("Enter your password.");
  await summary.getByRole("link", { name: "Enter your password." }).click();
  await expect(page.getByLabel("Password", { exact: true })).toBeFocused();
});

test("a password that is easily guessed is refused with the reason", async ({ page, stranger }) => {
  const ada = stranger("Ada Lovelace");
  await visit(page, "/sign-up");
  await page.getByLabel("Name").fill(ada.name);
  await fillSignIn(page, { ...ada, password: "password1" });
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("alert", { name: "Check one thing" })).toBeVisible();
  await expect(page.getByLabel("Name")).toHaveValue(ada.name);
  await expect(page.getByLabel("Email")).toHaveValue(ada.email);
  // It never travels back.
  await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
});

test("a password can be looked at", { tag: "@with-javascript" }, async ({ page }) => {
  await visit(page, "/sign-in");
  const password = page.getByLabel("Password", { exact: true });
  await password.fill("violet");
  const show = page.getByRole("button", { name: "Show password" });
  await show.click();
  await expect(password).toHaveAttribute("type", "text");
  await expect(password).toHaveValue("violet");
  await expect(show).toHaveAttribute("aria-pressed", "true");
  await show.click();
  await expect(password).toHaveAttribute("type", "password");
});

test("what needs a script is not offered without one", { tag: "@without-javascript" }, async ({ page }) => {
  await page.goto("/sign-in");
  await expect(page.getByRole("button", { name: "Show password" })).toBeHidden();
});
