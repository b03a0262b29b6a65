import { invite, join, reason, signInAt, visit } from "../steps.ts";
import { expect, test } from "../test.ts";

test("a member is invited, joins, gets another role, is logged out and removed", async ({ user, stranger, device }) => {
  const ada = await user("Ada Lovelace");
  const grace = stranger("Grace Hopper");
  const { page } = await device("Firefox on Linux");
  const link = await invite(ada.page, "Member", grace.email);
  await visit(page, link);
  await expect(page.getByText(`Ada Lovelace invited you at ${grace.email}. Your role will be member.`)).toBeVisible();
  await expect(page.getByLabel("Email")).toHaveValue(grace.email);
  await join(page, link, grace);
  // A member sees the tabs for members, and no more.
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Settings" }).click();
  const tabs = page.getByRole("navigation", { name: "Settings" });
  await expect(tabs.getByRole("link")).toHaveText(["API", "MCP"]);
  const refused = await page.goto("/settings/members");
  expect(refused?.status()).toBe(403);
  await expect(page.getByRole("heading", { name: "This is for owners and admins." })).toBeVisible();

  await visit(ada.page, "/settings/members");
  const row = ada.page.getByRole("listitem").filter({ hasText: grace.email });
  await row.getByText("Manage Grace Hopper").click();
  await row.getByLabel("Role", { exact: true }).selectOption({ label: "Admin" });
  await row.getByRole("button", { name: "Change role" }).click();
  await expect(ada.page.getByText("is now admin")).toBeVisible();
  await visit(page, "/settings/members");
  await expect(page.getByRole("heading", { name: "Members", exact: true })).toBeVisible();
  // An owner is not theirs to manage.
  await expect(page.getByText("Manage Ada Lovelace")).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Log everyone out" })).toHaveCount(0);

  await row.getByText("Manage Grace Hopper").click();
  await row.getByRole("link", { name: "Remote logout" }).click();
  const main = ada.page.getByRole("main");
  await expect(main.getByRole("heading", { name: "Log Grace Hopper out from all devices?" })).toBeVisible();
  await expect(main.getByText("1 session", { exact: true })).toBeVisible();
  await main.getByRole("button", { name: "Log out Grace Hopper" }).click();
  await expect(ada.page.getByText("1 session ended.")).toBeVisible();
  await page.reload();
  await expect(reason(page)).toContainText("Ada Lovelace signed you out on all devices at");

  await row.getByText("Manage Grace Hopper").click();
  await row.getByRole("link", { name: "Remove" }).click();
  await main.getByRole("link", { name: "Cancel" }).click();
  await row.getByText("Manage Grace Hopper").click();
  await row.getByRole("link", { name: "Remove" }).click();
  await main.getByRole("button", { name: "Remove" }).click();
  await expect(row).toHaveCount(0);

  await visit(ada.page, "/settings/audit-log");
  await expect(ada.page.getByText("Ada Lovelace removed Grace Hopper")).toBeVisible();
  await ada.page.getByRole("button", { name: "Verify the log" }).click();
  await expect(ada.page.getByText("The log is intact")).toBeVisible();
});

test("logging everyone out counts what ends, with this session and without, and names applications", async ({ user, elsewhere, server }) => {
  const ada = await user("Ada Lovelace");
  await elsewhere(ada, "Safari on iPhone");
  await signInAt(server, ada, "Photos");
  const { page } = ada;
  await visit(page, "/settings/members/everyone");
  const asked = page.getByRole("main");
  await expect(asked.getByText("Can’t be told: Photos")).toBeVisible();
  const [others, all] = [asked.getByText("1 other session", { exact: true }), asked.getByText("2 sessions, this one too", { exact: true })];
  await expect(others).toBeVisible();
  await expect(all).toBeHidden();
  await asked.getByLabel("Stay signed in here").uncheck();
  await expect(all).toBeVisible();
  await expect(others).toBeHidden();
  await asked.getByLabel("Stay signed in here").check();
  await asked.getByRole("button", { name: "Log everyone out" }).click();
  const done = page.getByRole("status").filter({ hasText: "Everyone else has been logged out" });
  await expect(done).toContainText("1 session ended.");
  await expect(done.getByRole("list", { name: "Applications" })).toContainText("Photos: Can’t be told");
  await expect(done).toContainText("Some applications may still be open.");
});

test("an invitation that was revoked opens nothing", async ({ user, page }) => {
  const ada = await user("Ada Lovelace");
  const link = await invite(ada.page, "Member", "hedy.lamarr@example.org");
  await ada.page.getByRole("button", { name: "Revoke the invitation for hedy.lamarr@example.org" }).click();
  await expect(ada.page.getByText("The invitation has been revoked")).toBeVisible();
  await visit(page, link);
  await expect(page.getByRole("heading", { name: "This invitation is no longer valid" })).toBeVisible();
});

test("the link can be copied", { tag: "@with-javascript" }, async ({ user }) => {
  const ada = await user("Ada Lovelace");
  await ada.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const link = await invite(ada.page, "Member");
  await visit(ada.page, "/settings/members");
  // Shown once: it is gone with the next look.
  await expect(ada.page.getByText(link)).toHaveCount(0);
  const again = await invite(ada.page, "Member");
  await expect(ada.page.locator("html")).toHaveAttribute("data-live", "");
  await ada.page.getByRole("button", { name: "Copy" }).click();
  await expect(ada.page.getByRole("button", { name: "Copied" })).toBeVisible();
  expect(await ada.page.evaluate(() => navigator.clipboard.readText())).toBe(again);
});

test("the owner changes name and plan, and is told what is lost", async ({ user }) => {
  const { page } = await user("Ada Lovelace");
  await visit(page, "/settings");
  await page.getByRole("textbox", { name: "Name" }).fill("Analytical Engines");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved")).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Name" })).toHaveValue("Analytical Engines");
  await page.getByLabel("New plan").selectOption({ label: "Plus" });
  await page.getByRole("button", { name: "Change plan" }).click();
  await expect(page.getByRole("heading", { name: "Change from Enterprise to Plus?" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "What you’ll lose" })).toBeVisible();
  await page.getByRole("button", { name: "Change to Plus" }).click();
  await expect(page.getByText("Your account is now on Plus")).toBeVisible();
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Audit log" }).click();
  await expect(page.getByRole("heading", { name: "This is available on Enterprise." })).toBeVisible();
});

test("a user deletes their own account", async ({ user }) => {
  const ada = await user("Ada Lovelace");
  await visit(ada.page, "/profile");
  await ada.page.getByRole("link", { name: "Delete account" }).click();
  await ada.page.getByLabel("Your email address").fill("not it");
  await ada.page.getByRole("button", { name: "Delete my account" }).click();
  await expect(ada.page.getByRole("heading", { name: "Check one thing" })).toBeVisible();
  await ada.page.getByLabel("Your email address").fill(ada.email);
  await ada.page.getByRole("button", { name: "Delete my account" }).click();
  await expect(ada.page.getByText("Your account has been deleted")).toBeVisible();
});
