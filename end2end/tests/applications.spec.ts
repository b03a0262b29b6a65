import { invite, join, signInAt, visit } from "../steps.ts";
import { expect, test } from "../test.ts";

test("an application is registered by what it is, and its configuration is ready to copy", async ({ user }) => {
  const { page } = await user("Ada Lovelace");
  await visit(page, "/settings/applications");
  await expect(page.getByRole("heading", { name: "What do you want to protect?" })).toBeVisible();
  await page.getByRole("link", { name: "Nextcloud" }).click();
  await expect(page.getByRole("heading", { name: "Register Nextcloud" })).toBeVisible();
  // Only what this one needs is in sight.
  await expect(page.getByRole("textbox")).toHaveCount(2);
  await page.getByRole("button", { name: "Register" }).click();
  await expect(page.getByRole("alert")).toContainText("Enter its address");
  await expect(page.getByLabel("Address", { exact: true })).toHaveAttribute("aria-invalid", "true");
  await page.getByLabel("Address", { exact: true }).fill("https://drive.example.com");
  await page.getByRole("button", { name: "Register" }).click();
  await expect(page.getByText("The application is registered")).toBeVisible();
  await expect(page.getByText(/^cfw_app_/)).toBeVisible();
  await expect(page.getByText("https://drive.example.com/apps/user_oidc/code", { exact: true })).toBeVisible();
  await expect(page.getByText("occ user_oidc:provider")).toBeVisible();
  await page.reload();
  await expect(page.getByText(/^cfw_app_/)).toHaveCount(0);
});

test("who may use a site behind the gate is picked by name", async ({ user, stranger, device }) => {
  const ada = await user("Ada Lovelace");
  const grace = stranger("Grace Hopper");
  const other = await device();
  await join(other.page, await invite(ada.page, "Member", grace.email), grace);
  const { page } = ada;
  await visit(page, "/settings/applications/new");
  await page.getByRole("link", { name: "A site behind a gate" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Wiki");
  await page.getByLabel("Address", { exact: true }).fill("https://intranet.example.com");
  const member = page.getByLabel(/Grace Hopper/);
  await expect(member).toBeHidden();
  await page.getByLabel("Only some of them").check();
  await expect(member).toBeVisible();
  await page.getByRole("button", { name: "Register" }).click();
  await expect(page.getByRole("alert")).toContainText("Choose at least one role or member.");
  await member.check();
  await page.getByRole("button", { name: "Register" }).click();
  await expect(page.getByText("server_name intranet.example.com;")).toBeVisible();
  await expect(page.getByLabel(/Grace Hopper/)).toBeChecked();
  // Nothing listens there: that is said, and nothing is claimed.
  await page.getByRole("button", { name: "Test the gate" }).click();
  await expect(page.getByText("The application wasn’t reached")).toBeVisible();
});

test("removing an application asks first, and says what ends", async ({ user, server }) => {
  const ada = await user("Ada Lovelace");
  const { page } = ada;
  await signInAt(server, ada, "Photos", "https://photos.example.com/logged-out");
  await visit(page, "/settings/applications");
  await page.getByRole("link", { name: "Photos" }).click();
  await page.getByRole("link", { name: "Remove application" }).click();
  const asked = page.getByRole("main");
  await expect(asked.getByRole("heading", { level: 1, name: "Remove Photos?" })).toBeVisible();
  await expect(asked.getByText("1 sign-in of 1 member there")).toBeVisible();
  await asked.getByRole("link", { name: "Cancel" }).click();
  await expect(page.getByRole("heading", { name: "Photos", exact: true })).toBeVisible();
  await page.getByRole("link", { name: "Remove application" }).click();
  await asked.getByRole("button", { name: "Remove Photos" }).click();
  await expect(page.getByText("Photos is removed")).toBeVisible();
});

test("the cards to choose from are reached by keyboard", { tag: "@with-javascript" }, async ({ user }) => {
  const { page } = await user("Ada Lovelace");
  await visit(page, "/settings/applications");
  const first = page.getByRole("link", { name: "An application that can sign in with OpenID" });
  await first.focus();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "A site behind a gate" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Register a site behind a gate" })).toBeVisible();
});
