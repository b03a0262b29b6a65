// Thirty remote logouts, each with an idle tab in a second browser. Both browsers run on one machine, so one clock tells.
import { signedOutCard, listening, visit } from "./steps.ts";
import { expect, test } from "./test.ts";

const RUNS = 30;

test("from confirm to card", async ({ user, another }) => {
  test.setTimeout(600_000);
  const took: number[] = [];
  const ada = await user("Ada Lovelace", "Firefox on Linux");
  for (let run = 0; run < RUNS; run++) {
    const phone = await another(ada, "Safari on iPhone");
    await visit(phone.page, "/profile/login");
    await listening(phone.page);
    await phone.page.evaluate(() => {
      new MutationObserver(() => {
        if (document.getElementById("over-title")) Object.assign(globalThis, { told: (globalThis as { told?: number }).told ?? Date.now() });
      }).observe(document.body, { childList: true, subtree: true });
    });
    const laptop = await another(ada, "Firefox on Linux");
    await visit(laptop.page, "/profile/security");
    await laptop.page.getByRole("button", { name: "Remote logout" }).click();
    const confirm = laptop.page.getByRole("button", { name: "Log out everywhere" });
    await expect(laptop.page.getByRole("heading", { name: "What will end" })).toBeVisible();
    const confirmed = await confirm.evaluate((button: HTMLElement) => {
      const now = Date.now();
      button.click();
      return now;
    });
    await expect(signedOutCard(phone.page)).toBeVisible();
    const told = await phone.page.evaluate(() => (globalThis as unknown as { told: number }).told);
    took.push(told - confirmed);
    console.log(`run ${run + 1}: ${told - confirmed} ms`);
    // Not closed: this Chromium opens no tab any more once it has closed a few contexts.
    await laptop.page.waitForURL(/sign-in/);
    for (const { page } of [phone, laptop]) await page.goto("about:blank");
  }
  took.sort((a, b) => a - b);
  const at = (share: number) => took[Math.min(RUNS - 1, Math.ceil(RUNS * share) - 1)];
  console.log(`confirm to card, ${RUNS} runs: median ${at(0.5)} ms, p95 ${at(0.95)} ms, longest ${took.at(-1)} ms`);
  expect(at(0.95)).toBeLessThan(1_000);
});
