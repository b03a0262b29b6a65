import { signIn, visit } from "../steps.ts";
import { expect, test } from "../test.ts";
import type { Page } from "@playwright/test";
import type { User } from "../test.ts";

test.use({ settings: { CURFEW_CONFIRM_SIGN_UP: "on" } });

async function signUp(page: Page, user: User): Promise<void> {
  await visit(page, "/sign-up");
  await page.getByLabel("Name").fill(user.name);
  await page.getByLabel("Email").fill(user.email);
  await page.getByLabel("Password", { exact: true }).fill(user.password);
  await page.getByRole("button", { name: "Create account" }).click();
}

test("where sign-ups are confirmed, the emailed link and the password create an account, and no one learns which addresses have users", async ({
  stranger,
  device,
  server,
}) => {
  // The first user of an install is signed in at once.
  const ada = stranger("Ada Lovelace");
  const desk = await device();
  await signUp(desk.page, ada);
  await expect(desk.page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();

  const eve = stranger("Eve Online");
  const { page } = await device("Firefox on Linux");
  const answers: string[] = [];
  for (const user of [eve, { ...eve, email: ada.email }]) {
    await signUp(page, user);
    await expect(page.getByRole("heading", { name: "Check your email" })).toBeVisible();
    answers.push(await page.locator("main").innerText());
  }
  expect(answers[0]).toBe(answers[1]);
  await expect.poll(() => server.emails(ada.email).filter((l) => l.includes("You already have an account")).length).toBe(1);

  const phone = await device("Safari on iPhone");
  await phone.page.goto(await server.linkFor(eve.email, "/confirm-sign-up"));
  await expect(phone.page.getByText(`You’re signing up as ${eve.name} with ${eve.email}.`)).toBeVisible();
  await phone.page.getByLabel("Password", { exact: true }).fill("not the password");
  await phone.page.getByRole("button", { name: "Create account" }).click();
  await expect(phone.page.getByRole("alert")).toContainText("not the password you chose");
  await phone.page.getByLabel("Password", { exact: true }).fill(eve.password);
  await phone.page.getByRole("button", { name: "Create account" }).click();
  await expect(phone.page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();

  await visit(page, "/sign-in");
  await signIn(page, eve);
  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
});
