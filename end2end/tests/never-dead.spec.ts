// Whatever becomes of the WASM or is done to the page: every action works, if need be as a plain form, nothing typed is lost
// and no click is swallowed.
import type { Locator, Page } from "@playwright/test";
import { liveSessions, remoteLogouts, receipt } from "../steps.ts";
import { expect, test, type Device, type User } from "../test.ts";
import type { Server } from "../server.ts";

type Fault = (page: Page) => Promise<void>;

/** Something that is done to the page as soon as the browser has read it, before the WASM is there. */
const meddled = (meddle: () => void): Fault => async (page) => {
  await page.addInitScript(`addEventListener("DOMContentLoaded", ${meddle.toString()})`);
};

const FAULTS: Record<string, Fault> = {
  "as it is": async () => {},
  "the WASM is not found": async (page) => {
    await page.route("**/*.wasm", (route) => route.fulfill({ status: 404, body: "" }));
  },
  "the WASM is cut short": async (page) => {
    await page.route("**/*.wasm", async (route) => {
      // The page may have been left before it came.
      const whole = await route.fetch().then((answer) => answer.body()).catch(() => null);
      if (whole) await route.fulfill({ contentType: "application/wasm", body: whole.subarray(0, whole.length / 2) }).catch(() => {});
    });
  },
  "the WASM never comes": async (page) => {
    await page.route("**/*.wasm", () => {});
  },
  "a node at the top of the page": meddled(() => {
    document.body.prepend(document.createElement("grammar-helper"));
  }),
  "nodes inside the forms": meddled(() => {
    for (const inside of document.querySelectorAll("form, .field, leptos-island")) {
      inside.prepend(document.createElement("grammar-helper"));
    }
  }),
  "a translated page": meddled(() => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found: Text[] = [];
    while (texts.nextNode()) found.push(texts.currentNode as Text);
    for (const text of found.filter((text) => text.data.trim())) {
      const font = document.createElement("font");
      text.replaceWith(font);
      font.append(text);
    }
  }),
  "a password manager at work": meddled(() => {
    for (const field of document.querySelectorAll("input, form, button")) {
      field.setAttribute("data-manager", "1");
      field.setAttribute("style", "background-image: none");
    }
  }),
};

type Hand = (page: Page, button: Locator) => Promise<void>;

const HANDS: Record<string, Hand> = {
  mouse: async (_, button) => button.click(),
  keyboard: async (page, button) => {
    await button.focus();
    await page.keyboard.press("Enter");
  },
};

/** Puts a text into a field as a password manager does that fires no events. */
async function put(field: Locator, text: string): Promise<void> {
  await field.evaluate((field, text) => ((field as HTMLInputElement).value = text), text);
}

/** Goes to a page and waits until it is as alive as it gets. */
async function go(page: Page, path: string): Promise<void> {
  await page.goto(path, { waitUntil: "domcontentloaded" });
}

interface Story {
  ada: User & Device;
  server: Server;
  hand: Hand;
}

const NEW_PASSWORD = "seven lanterns over the harbour";

const ACTIONS: Record<string, (story: Story) => Promise<void>> = {
  "signing in": async ({ ada, hand }) => {
    const { page } = ada;
    await ada.context.clearCookies();
    await go(page, "/sign-in?next=/profile/login");
    await put(page.locator("#email"), ada.email);
    await put(page.locator("#password"), ada.password);
    await hand(page, page.locator("main form button[type=submit]"));
    await expect(page).toHaveURL("/profile/login");
    await expect(page.locator("main")).toContainText(ada.email);
  },
  "changing the password": async ({ ada, hand }) => {
    const { page } = ada;
    await go(page, "/profile/password");
    await put(page.locator("#current_password"), ada.password);
    await put(page.locator("#new_password"), NEW_PASSWORD);
    await hand(page, page.locator("form:has(#new_password) button[type=submit]"));
    await expect(page.getByRole("status").filter({ hasText: "Your password has been changed" })).toBeVisible();
  },
  "remote logout on Security": async (story) => remoteLogoutFrom("security", story),
  "remote logout on Password": async (story) => remoteLogoutFrom("password", story),
  "creating a token": async ({ ada, hand, server }) => {
    const { page } = ada;
    await go(page, "/settings/api");
    await put(page.locator("#name"), "Backup script");
    await hand(page, page.locator("form:has(#name) button:not([type=button])"));
    await expect(page.locator("h2", { hasText: "Your new" })).toBeVisible();
    expect(server.database("select t.name from tokens t join users u on t.user_id = u.id where u.email = ?", ada.email)).toEqual([
      ["Backup script"],
    ]);
  },
  "inviting a member": async ({ ada, hand }) => {
    const { page } = ada;
    await go(page, "/settings/members");
    const email = page.locator('form[action$="/invite_member"] input[name=email]');
    // An address of its own: how many invitations one address gets is limited.
    const guest = `grace.${crypto.randomUUID()}@example.org`;
    await put(email, guest);
    await hand(page, page.locator('form[action$="/invite_member"] button:not([type=button])'));
    await expect(page.getByText("The invitation is ready")).toBeVisible();
    await expect(page.locator("main")).toContainText(guest);
  },
};

/** By the dialog or, where that cannot open, by the page for it. */
async function remoteLogoutFrom(place: string, { ada, hand, server }: Story): Promise<void> {
  const { page } = ada;
  await go(page, `/profile/${place}`);
  await hand(page, page.locator(".remote-logout button"));
  const confirm = page.locator("dialog[open] button.button--danger, main form.form__actions button.button--danger");
  await expect(page.locator(".outcome__list").first()).toBeVisible();
  await hand(page, confirm);
  await expect(page).toHaveURL(`/sign-in?next=/profile/${place}`);
  await expect(receipt(page)).toBeVisible();
  expect([remoteLogouts(server, ada), liveSessions(server, ada)]).toEqual([1, 0]);
}

// Each fault meets each action every time, by one hand or the other; by both at night. A browser without WebAssembly is a
// project of its own.
for (const [i, [action, act]] of Object.entries(ACTIONS).entries()) {
  for (const [j, [by, hand]] of Object.entries(HANDS).entries()) {
    for (const [k, [fault, happens]] of Object.entries(FAULTS).entries()) {
      const tag = fault === "as it is" ? [] : ["@with-javascript", ...((i + j + k) % 2 ? ["@nightly"] : [])];
      test(`${action} by ${by}: ${fault}`, { tag }, async ({ user, server, tolerated }) => {
        if (fault !== "as it is") tolerated.push(/./);
        const ada = await user("Ada Lovelace");
        await happens(ada.page);
        await act({ ada, server, hand });
      });
    }
  }
}

test.describe("after a panic", { tag: "@with-javascript" }, () => {
  test("the forms are the browser’s own again", async ({ user, tolerated }) => {
    tolerated.push(/./);
    const { page } = await user("Ada Lovelace");
    await FAULTS["a translated page"](page);
    await page.goto("/profile");
    await expect(page.locator("html")).toHaveAttribute("data-broken", "");
    await page.locator("#name").fill("Ada King");
    const sent = page.waitForRequest("**/api/fn/update_profile");
    await page.locator("form:has(#username) button[type=submit]").click();
    // As a page and not by script.
    expect((await sent).isNavigationRequest()).toBe(true);
    await expect(page.getByRole("status").filter({ hasText: "Saved" })).toBeVisible();
    await expect(page.locator("#name")).toHaveValue("Ada King");
  });

  test("what was typed before and after the WASM is there is what is sent", async ({ user }) => {
    const { page } = await user("Ada Lovelace");
    let loading = () => {};
    const held = new Promise<void>((go) => (loading = go));
    await page.route("**/*.wasm", async (route) => {
      await held;
      await route.continue();
    });
    await page.goto("/profile");
    await page.locator("#name").fill("Ada King");
    await page.locator("#username").pressSequentially("ad");
    void loading();
    await expect(page.locator("html")).toHaveAttribute("data-live", "");
    await page.locator("#username").pressSequentially("a_k");
    await page.locator("form:has(#username) button[type=submit]").click();
    await expect(page.getByRole("status").filter({ hasText: "Saved" })).toBeVisible();
    await expect(page.locator("#name")).toHaveValue("Ada King");
    await expect(page.locator("#username")).toHaveValue("ada_k");
  });
});
