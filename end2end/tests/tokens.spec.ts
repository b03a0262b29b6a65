import { type Page } from "@playwright/test";
import { remoteLogout, visit } from "../steps.ts";
import { expect, test } from "../test.ts";

const PAGES = [
  { path: "/settings/api", one: "API token", box: "Can end sessions", prefix: "cfw_api_" },
  { path: "/settings/mcp", one: "MCP token", box: "Can use Remote logout", prefix: "cfw_mcp_" },
] as const;

async function create(page: Page, path: string, name: string): Promise<void> {
  await visit(page, path);
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Create token" }).click();
}

for (const { path, one, box, prefix } of PAGES) {
  test(`an ${one} is created, shown once, works, and is revoked at once`, async ({ user, playwright, baseURL }) => {
    const { page } = await user("Ada Lovelace");
    await visit(page, path);
    await expect(page.getByRole("heading", { name: `You have no ${one}s` })).toBeVisible();
    await page.getByLabel("Name").fill("Backup script");
    await page.getByLabel("Expires after").selectOption("90 days");
    await page.getByRole("checkbox", { name: box }).check();
    await page.getByRole("button", { name: "Create token" }).click();

    const card = page.getByRole("region", { name: `Your new ${one}` });
    const value = await card.locator("#token-value").innerText();
    expect(value).toMatch(new RegExp(`^${prefix}[a-z2-7]{39}$`));
    expect(page.url()).toBe(baseURL + path);
    const row = page.getByRole("row").filter({ hasText: "Backup script" });
    await expect(row).toContainText("Read, end sessions");

    const program = await playwright.request.newContext({
      baseURL,
      extraHTTPHeaders: { authorization: `Bearer ${value}`, accept: "application/json, text/event-stream" },
    });
    const ask = () =>
      prefix === "cfw_api_"
        ? program.get("/api/v1/me")
        : program.post("/mcp", { data: { jsonrpc: "2.0", id: 1, method: "tools/list" } });
    expect((await ask()).status()).toBe(200);

    // A reload shows it no more, and creates no other.
    await page.reload();
    await expect(page.getByText(value)).toHaveCount(0);
    await expect(row).toHaveCount(1);

    await row.getByRole("button", { name: "Revoke" }).click();
    await expect(page.getByRole("heading", { name: `Revoke this ${one}?` })).toBeVisible();
    await page.getByRole("link", { name: "Cancel" }).click();
    await row.getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("button", { name: "Revoke" }).click();
    await expect(page.getByRole("status").filter({ hasText: "Token revoked" })).toBeVisible();
    await expect(row).toHaveCount(0);
    expect((await ask()).status()).toBe(401);
    await program.dispose();
  });
}

test("what was wrong with a token is beside the field, with what was typed", async ({ user }) => {
  const { page } = await user("Ada Lovelace");
  await visit(page, "/settings/api");
  await page.getByLabel("Expires after").selectOption("1 year");
  await page.getByRole("checkbox", { name: "Can end sessions" }).check();
  await page.getByRole("button", { name: "Create token" }).click();
  await expect(page.getByLabel("Name")).toHaveAccessibleDescription(/Name the token after what will use it\./);
  await expect(page.getByLabel("Expires after")).toHaveValue("365");
  await expect(page.getByRole("checkbox", { name: "Can end sessions" })).toBeChecked();
  await page.getByLabel("Name").fill("Backup script");
  await page.getByRole("button", { name: "Create token" }).click();
  await expect(page.getByRole("heading", { name: "Your new API token" })).toBeVisible();
});

test("a remote logout leaves the tokens where they are", async ({ user, playwright, baseURL }) => {
  const { page } = await user("Ada Lovelace");
  await create(page, "/settings/api", "Backup script");
  const value = await page.locator("#token-value").innerText();
  await visit(page, "/profile/security");
  await remoteLogout(page);
  const program = await playwright.request.newContext({ baseURL });
  const me = await program.get("/api/v1/me", { headers: { authorization: `Bearer ${value}` } });
  expect(me.status()).toBe(200);
  await program.dispose();
});

test("the copy button copies the value and says so", { tag: "@with-javascript" }, async ({ user }) => {
  const { page, context } = await user("Ada Lovelace");
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await create(page, "/settings/api", "Backup script");
  const value = await page.locator("#token-value").innerText();
  await page.getByRole("button", { name: "Copy token" }).click();
  await expect(page.getByRole("button", { name: "Copied token" })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(value);
});

test("on a plan without them the button is there, disabled, and names the plans", async ({ user, server }) => {
  const { page, email } = await user("Ada Lovelace");
  server.run("account", "set-plan", email, "plus");
  for (const [path, plans] of [
    ["/settings/api", "Available on Enterprise."],
    ["/settings/mcp", "Available on Pro and Enterprise."],
  ] as const) {
    await visit(page, path);
    const button = page.getByRole("button", { name: "Create token" });
    await expect(button).toBeDisabled();
    await expect(button).toHaveAccessibleDescription(`${plans} Change plan`);
  }
});
