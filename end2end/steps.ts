// What users do again and again in the stories.
import { createHash, randomBytes } from "node:crypto";
import { type BrowserContext, type Locator, type Page, type Response } from "@playwright/test";
import { type Device, expect, type User } from "./test.ts";
import type { Server } from "./server.ts";

export const TITLE = "Log out from all devices?";

/** Goes to a page and waits until it is live, where there is script. */
export async function visit(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await live(page);
}

/** Waits until the WASM has taken the page over. Without script or WebAssembly there is nothing to wait for. */
export async function live(page: Page): Promise<void> {
  const scripted = await page.locator("html").evaluate(() => matchMedia("(scripting: enabled)").matches && "WebAssembly" in window);
  if (scripted) await expect(page.locator("html")).toHaveAttribute("data-live", "");
}

export async function fillSignIn(page: Page, user: User): Promise<void> {
  await page.getByLabel("Email").fill(user.email);
  await page.getByLabel("Password", { exact: true }).fill(user.password);
}

export async function signIn(page: Page, user: User): Promise<void> {
  await fillSignIn(page, user);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Opens the question, as a dialog or as a page of its own, and returns the place where it is asked. */
export async function ask(page: Page): Promise<Locator> {
  await page.getByRole("button", { name: "Remote logout" }).click();
  const dialog = page.getByRole("dialog", { name: TITLE });
  const asked = dialog.or(page.getByRole("main").filter({ has: page.getByRole("heading", { level: 1, name: TITLE }) }));
  await expect(asked.getByRole("heading", { name: "What will end" })).toBeVisible();
  return asked;
}

/** Clicks Remote logout and confirms. */
export async function remoteLogout(page: Page): Promise<void> {
  const asked = await ask(page);
  await asked.getByRole("button", { name: "Log out everywhere" }).click();
  await expect(page).toHaveURL(/\/sign-in\?next=/);
}

export const receipt = (page: Page): Locator =>
  page.getByRole("status").filter({ has: page.getByRole("heading", { name: "You’re signed out everywhere" }) });

/** The reason card, on the sign-in page or in place of a page that was open. */
export const reason = (page: Page): Locator =>
  page
    .getByRole("status")
    .or(page.getByRole("alert"))
    .filter({ has: page.getByRole("heading", { name: "You were signed out" }) });

/** The card in place of the page that was open: the browser has not left it. */
export const signedOutCard = (page: Page): Locator =>
  page.getByRole("alert").filter({ has: page.getByRole("heading", { level: 1, name: "You were signed out" }) });

/** Waits until this browser listens to the server. */
export async function listening(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(async () => (await navigator.locks.query()).held!.map((l) => l.name))).toContain("curfew-live");
}

/** From now on: the server has opened an event stream for this page. Nothing said after that is missed. */
export function streaming(page: Page, timeout = 30_000): Promise<Response> {
  return page.waitForResponse((answer) => answer.url().endsWith("/events") && answer.ok(), { timeout });
}

/** How often this user was logged out remotely, as the audit log says. */
export function remoteLogouts(server: Server, user: User): number {
  const [[id]] = server.database("select id from users where email = ?", user.email);
  const events = server.run("audit", "export", "--format", "jsonl").trim().split("\n").map((line) => JSON.parse(line));
  return events.filter((e) => e.action === "user.session_invalidated" && e.subject === id).length;
}

/** How many sessions of this user live, as the database says. */
export function liveSessions(server: Server, user: User): number {
  const [[count]] = server.database(
    "select count(*) from sessions s join users u on s.user_id = u.id where u.email = ? and s.epoch = u.epoch and s.ended_at is null",
    user.email,
  );
  return Number(count);
}

/** Registers an application of this user's account and signs in there, as its program would: with a code and PKCE. */
export async function signInAt(server: Server, { email, context }: User & Device, name: string, logout?: string): Promise<void> {
  // A host belongs to one application, and a server sees many stories.
  const redirect = `https://${randomBytes(4).toString("hex")}.example.com/back`;
  const told = logout ? ["--logout", logout] : [];
  const added = server.run("application", "add", "--public", "--account-of", email, "--name", name, "--redirect", redirect, ...told);
  const client = added.match(/cfw_client_\w+|[0-9a-f-]{36}/)![0];
  const verifier = randomBytes(32).toString("base64url");
  const asked = new URLSearchParams({
    client_id: client,
    redirect_uri: redirect,
    response_type: "code",
    scope: "openid",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  const answer = await context.request.get(`/oauth/authorize?${asked}`, { maxRedirects: 0 });
  const code = new URL(answer.headers().location!).searchParams.get("code")!;
  const form = { grant_type: "authorization_code", code, redirect_uri: redirect, client_id: client, code_verifier: verifier };
  expect((await context.request.post("/oauth/token", { form })).status()).toBe(200);
}

/** Gives this user a token, without the page for it. */
export function giveToken(server: Server, user: User, kind: "api" | "mcp", name: string): void {
  server.database(
    `insert into tokens (id, user_id, kind, name, token_hash, created_at)
     select lower(hex(randomblob(16))), id, ?, ?, lower(hex(randomblob(32))), ? from users where email = ?`,
    kind,
    name,
    Date.now(),
    user.email,
  );
}

export async function cookie(context: BrowserContext, name: string): Promise<string | undefined> {
  const cookies = await context.cookies();
  return cookies.find((c) => c.name === name)?.value;
}

/** Invites a member with the page of an owner or admin, and returns the link. */
export async function invite(page: Page, role: string, email = ""): Promise<string> {
  await visit(page, "/settings/members");
  await page.getByLabel("Role", { exact: true }).last().selectOption({ label: role });
  await page.getByLabel("Email (optional)").fill(email);
  await page.getByRole("button", { name: "Create invitation" }).click();
  await expect(page.getByText("The invitation is ready")).toBeVisible();
  return (await page.getByText(/\/join\?invite=/).innerText()).trim();
}

/** Accepts an invitation on a device on which no user is signed in. */
export async function join(page: Page, link: string, user: User): Promise<void> {
  await visit(page, link);
  await page.getByLabel("Name").fill(user.name);
  await fillSignIn(page, user);
  await page.getByRole("button", { name: "Join" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
  await expect(page.getByRole("status").filter({ hasText: "You’re in" })).toBeVisible();
}

/** What a reader sees of a page that belongs to a signed-in user. */
export async function seen(page: Page): Promise<string> {
  return page.locator("body").innerText();
}

/** Nothing on the screen belongs to this user. */
export async function expectNothingOf(page: Page, user: User): Promise<void> {
  const text = await seen(page);
  for (const private_ of [user.name, user.email, "Sign out", "Log out from all devices", "Devices"]) {
    expect(text).not.toContain(private_);
  }
}

/** Waits until changing colours have changed: half way they have no contrast. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const changing = document.getAnimations().filter((a) => a instanceof CSSTransition);
    await Promise.allSettled(changing.map((a) => a.finished));
  });
}
