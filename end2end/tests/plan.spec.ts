import { liveSessions, remoteLogouts, visit } from "../steps.ts";
import { expect, test } from "../test.ts";

test.use({ settings: { CURFEW_DEFAULT_PLAN: "free" } });

test("on the Free plan the button is there, disabled, and names the plans that have it", async ({ user }) => {
  const { page } = await user("Ada Lovelace");
  for (const path of ["/profile/security", "/profile/password"]) {
    await visit(page, path);
    await expect(page.getByRole("heading", { name: "Log out from all devices" })).toBeVisible();
    const button = page.getByRole("button", { name: "Remote logout" });
    await expect(button).toBeDisabled();
    await expect(button).toHaveAccessibleDescription("Available on Plus, Pro and Enterprise.");
    await expect(page.getByText("Available on Plus, Pro and Enterprise.").first()).toBeVisible();
  }
});

test("on the Free plan the confirm page says so and leads back", async ({ user }) => {
  const { page } = await user("Ada Lovelace");
  await visit(page, "/profile/remote-logout?from=password");
  await expect(page.getByText("Remote logout is available on Plus, Pro and Enterprise.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Log out everywhere" })).toHaveCount(0);
  await page.getByRole("link", { name: "Back" }).click();
  await expect(page).toHaveURL("/profile/password");
});

test("on the Free plan the server refuses, and nothing changes", async ({ user, server }) => {
  const ada = await user("Ada Lovelace");
  const answer = await ada.context.request.post("/api/fn/remote_logout", { form: { from: "security" } });
  expect(answer.status()).toBe(403);
  expect(await answer.json()).toMatchObject({ code: "plan_required", plans: ["Plus", "Pro", "Enterprise"] });
  expect([remoteLogouts(server, ada), liveSessions(server, ada)]).toEqual([0, 1]);
});
