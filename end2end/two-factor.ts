// What users with two-factor authentication do again and again in the stories.
import type { Page } from "@playwright/test";
import { codeOf } from "./codes.ts";
import { visit } from "./steps.ts";
import { expect } from "./test.ts";

export interface Kept {
  /** The secret in the app. */
  secret: string;
  /** The recovery codes on paper. */
  codes: string[];
  /** The code it was turned on with, which works no second time. */
  used: string;
}

/** Starts the set-up, and returns the codes. */
export async function keepCodes(page: Page): Promise<string[]> {
  await visit(page, "/profile/security");
  await page.getByRole("link", { name: "Set up" }).click();
  await page.getByRole("button", { name: "Start" }).click();
  const list = page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
  await expect(list).toHaveCount(16);
  return list.allTextContents();
}

/** Continues to the QR code, and returns the secret beside it. */
export async function scan(page: Page): Promise<string> {
  await page.getByRole("link", { name: "I’ve saved them, continue" }).click();
  await expect(page.getByRole("img", { name: /^QR code/ })).toBeVisible();
  return (await page.getByText(/^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/).textContent())!;
}

/** Sets two-factor authentication up from beginning to end. */
export async function setUp(page: Page): Promise<Kept> {
  const codes = await keepCodes(page);
  const secret = await scan(page);
  const used = codeOf(secret);
  await page.getByLabel("Authentication code").fill(used);
  await page.getByRole("button", { name: "Turn on" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Two-factor authentication is on" })).toBeVisible();
  return { codes, secret, used };
}
