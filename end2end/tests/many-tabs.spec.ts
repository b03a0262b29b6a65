import { ask, expectNothingOf, remoteLogout, remoteLogouts, TITLE, visit } from "../steps.ts";
import { expect, test } from "../test.ts";

test("ten tabs of one browser are all usable, and all are signed out", async ({ user, server, javaScript }) => {
  const ada = await user("Ada Lovelace");
  const tabs = [ada.page];
  while (tabs.length < 10) tabs.push(await ada.context.newPage());
  // All stay open: what a tab holds on to, an event stream perhaps, must not starve the next.
  for (const tab of tabs) await visit(tab, "/profile/security");
  for (const tab of tabs) {
    await tab.bringToFront();
    const asked = await ask(tab);
    await asked.getByRole(javaScript ? "button" : "link", { name: "Cancel" }).click();
    await expect(tab.getByRole("heading", { name: TITLE })).toBeHidden();
  }

  const last = tabs.pop()!;
  await last.bringToFront();
  await remoteLogout(last);
  expect(remoteLogouts(server, ada)).toBe(1);
  for (const tab of tabs) {
    await tab.goto("/profile/login");
    await expect(tab.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
    await expectNothingOf(tab, ada);
  }
});
