import type { Page } from "@playwright/test";
import { ask, liveSessions, remoteLogouts, TITLE, visit } from "../steps.ts";
import { expect, test } from "../test.ts";

test.describe("the dialog", { tag: "@with-javascript" }, () => {
  test("opens with Cancel focused, and says what it is", async ({ user }) => {
    const { page } = await user("Ada Lovelace");
    await visit(page, "/profile/security");
    const button = page.getByRole("button", { name: "Remote logout" });
    await expect(button).toHaveAttribute("aria-haspopup", "dialog");
    await button.click();
    const dialog = page.getByRole("dialog");
    await expect(dialog).toHaveAccessibleName(TITLE);
    await expect(dialog).toHaveAccessibleDescription(
      "Ends 1 session at once and signs you out here too. This can’t be undone. You’ll need to sign in again here too.",
    );
    await expect(dialog.getByRole("heading", { level: 2, name: TITLE })).toBeVisible();
    await expect(dialog.getByRole("button", { name: "Cancel" })).toBeFocused();
    await expect(page).toHaveURL("/profile/security");
  });

  test("tells devices of one name apart by when they were used, and says how many more there are", async ({ user, elsewhere, server }) => {
    const ada = await user("Ada Lovelace", "Firefox on Linux");
    for (let n = 0; n < 18; n++) await elsewhere(ada, "Edge on Windows");
    const edges = "user_agent like '%Edg/%' and user_id = (select id from users where email = ?)";
    const ids = server.database(`select id from sessions where ${edges} order by id`, ada.email).map(([id]) => String(id));
    for (const [n, id] of ids.entries()) {
      const earlier = (n + 1) * 3_600_000;
      server.database("update sessions set started_at = started_at - ?, last_active_at = last_active_at - ? where id = ?", earlier, earlier, id);
    }
    await visit(ada.page, "/profile/security");
    const dialog = await ask(ada.page);
    const first = dialog.getByRole("list", { name: "Sessions that will end", exact: true });
    await expect(first.getByRole("listitem")).toHaveText([/This device.*active now/, /Edge on Windows.*1 hour ago/, /Edge on Windows.*2 hours ago/]);
    await dialog.getByText("and 16 more").click();
    const rest = dialog.getByRole("list", { name: "More sessions that will end" });
    await expect(rest.getByRole("listitem").last()).toContainText("18 hours ago");
    // It scrolls within itself, by keyboard too.
    expect(await rest.evaluate((list) => list.scrollHeight > list.clientHeight)).toBe(true);
    await rest.focus();
    await ada.page.keyboard.press("End");
    await expect.poll(() => rest.evaluate((list) => list.scrollTop)).toBeGreaterThan(0);
  });

  for (const [how, close] of [
    ["Escape", (page: Page) => page.keyboard.press("Escape")],
    ["Cancel", (page: Page) => page.getByRole("button", { name: "Cancel" }).click()],
  ] as const) {
    test(`${how} changes nothing and gives the focus back`, async ({ user, server }) => {
      const ada = await user("Ada Lovelace");
      await visit(ada.page, "/profile/security");
      // The second time too.
      for (let time = 0; time < 2; time++) {
        const dialog = await ask(ada.page);
        await expect(dialog.getByRole("button", { name: "Cancel" })).toBeFocused();
        await close(ada.page);
        await expect(dialog).toBeHidden();
        await expect(ada.page.getByRole("button", { name: "Remote logout" })).toBeFocused();
      }
      expect([remoteLogouts(server, ada), liveSessions(server, ada)]).toEqual([0, 1]);
    });
  }

  test("does not take the second click of a double click for an answer", async ({ user, server }) => {
    const ada = await user("Ada Lovelace");
    await visit(ada.page, "/profile/security");
    const dialog = await ask(ada.page);
    const answer = dialog.getByRole("button", { name: "Log out everywhere" });
    // The first half second once more, and held, so that the test need not be quick.
    await answer.evaluate((button) => {
      button.style.animation = "none";
      button.getBoundingClientRect();
      button.style.animation = "";
      for (const animation of button.getAnimations()) animation.pause();
    });
    let sent = 0;
    ada.page.on("request", (request) => {
      if (request.url().endsWith("/api/fn/remote_logout")) sent++;
    });
    const { x, y, width, height } = (await answer.boundingBox())!;
    await ada.page.mouse.click(x + width / 2, y + height / 2);
    await ada.page.evaluate(() => new Promise(requestAnimationFrame));
    expect(sent).toBe(0);
    await answer.evaluate((button) => {
      for (const animation of button.getAnimations()) animation.finish();
    });
    await answer.click();
    await expect(ada.page.getByRole("heading", { name: "You’re signed out everywhere" })).toBeVisible();
    expect([sent, remoteLogouts(server, ada)]).toEqual([1, 1]);
  });

  test("keeps the tab key inside", async ({ user }) => {
    const { page } = await user("Ada Lovelace");
    await visit(page, "/profile/security");
    const dialog = await ask(page);
    const reached = new Set<string>();
    for (let step = 0; step < 14; step++) {
      await page.keyboard.press(step < 7 ? "Tab" : "Shift+Tab");
      // The browser's own buttons are part of the round: then nothing of the page has the focus.
      const where = await dialog.evaluate((d) => {
        const active = document.activeElement!;
        if (active === document.body) return "";
        return d.contains(active) ? (active.ariaLabel ?? active.textContent ?? "") : "outside";
      });
      reached.add(where);
    }
    expect([...reached]).not.toContain("outside");
    for (const inside of ["Cancel", "Log out everywhere", "API", "MCP"]) {
      expect([...reached]).toContain(inside);
    }
  });

  test("is not needed: a click before the WASM has loaded is not lost", async ({ user, server, tolerated }) => {
    tolerated.push(/was preloaded using link preload but not used/);
    const ada = await user("Ada Lovelace");
    let loading = () => {};
    const held = new Promise<void>((go) => (loading = go));
    await ada.page.route("**/*.wasm", async (route) => {
      await held;
      await route.continue().catch(() => {});
    });
    await ada.page.goto("/profile/security", { waitUntil: "commit" });
    await ada.page.getByRole("button", { name: "Remote logout" }).click();
    await expect(ada.page).toHaveURL("/profile/remote-logout?from=security");
    await expect(ada.page.getByRole("heading", { level: 1, name: TITLE })).toBeVisible();
    await ada.page.getByRole("button", { name: "Log out everywhere" }).click();
    await expect(ada.page.getByRole("heading", { name: "You’re signed out everywhere" })).toBeVisible();
    expect(remoteLogouts(server, ada)).toBe(1);
    loading();
  });

  test("shows what failed only as long as it is open", async ({ user }) => {
    const { page } = await user("Ada Lovelace");
    await visit(page, "/profile/security");
    await page.route("**/api/fn/remote_logout", (route) => route.abort());
    const dialog = await ask(page);
    await dialog.getByRole("button", { name: "Log out everywhere" }).click();
    await expect(dialog.getByRole("alert")).toBeVisible();
    await page.keyboard.press("Escape");
    await ask(page);
    await expect(dialog.getByRole("alert")).toBeHidden();
    await expect(dialog.getByRole("button", { name: "Log out everywhere" })).toBeVisible();
  });
});

test("the confirm page leads back to the page before it", { tag: "@without-javascript" }, async ({ user }) => {
  const { page } = await user("Ada Lovelace");
  for (const path of ["/profile/security", "/profile/password"]) {
    await page.goto(path);
    await ask(page);
    await page.getByRole("link", { name: "Cancel" }).click();
    await expect(page).toHaveURL(path);
  }
});
