// Every page and state there is to see, and the way to it. Accessibility, quietness and pictures go through all.
import type { Page } from "@playwright/test";
import { ask, giveToken, invite, live, remoteLogout, signIn, signInAt, visit } from "./steps.ts";
import { call, type Cast } from "./test.ts";
import { keepCodes, scan, setUp } from "./two-factor.ts";

/** Leads to a state and gives the page that shows it. */
type Way = (cast: Cast) => Promise<Page>;

const signedIn =
  (path: string): Way =>
  async ({ ada }) => (await visit(ada.page, path), ada.page);

const signedOut =
  (path: string): Way =>
  async ({ anonymous }) => (await visit(anonymous, path), anonymous);

/** A user with something to look at: devices of all kinds and tokens. */
const busy =
  (path: string): Way =>
  async ({ ada, elsewhere, server }) => {
    await elsewhere(ada, "Safari on iPhone", true);
    await elsewhere(ada, "Edge on Windows");
    giveToken(server, ada, "api", "Backup script");
    giveToken(server, ada, "mcp", "Notebook");
    await visit(ada.page, path);
    return ada.page;
  };

/** An account with members, and an open invitation. */
const together =
  (path: string): Way =>
  async ({ ada, stranger, device }) => {
    // How members join is a story of its own: here only the functions are called.
    const invited = async (role: string, email: string): Promise<string> =>
      (await call(ada.context.request, "invite_member", { role, email })).json();
    for (const [name, role] of [["Grace Hopper", "admin"], ["Alan Turing", "watch_only"]] as const) {
      const user = stranger(name);
      const link = new URL(await invited(role, user.email));
      await call((await device()).context.request, "join", { invite: link.searchParams.get("invite")!, ...user });
    }
    // An address of its own: one address is sent only so many invitations.
    await invited("member", stranger("Hedy Lamarr").email);
    await visit(ada.page, path);
    return ada.page;
  };

/** A user has just created a token on that page. */
const created =
  (path: string): Way =>
  async ({ ada: { page } }) => {
    await visit(page, path);
    await page.getByLabel("Name").fill("Backup script");
    await page.getByRole("button", { name: "Create token" }).click();
    await page.getByRole("heading", { name: "Your new" }).waitFor();
    await live(page);
    return page;
  };

/** A remote logout of a user who was signed in to two applications; one is being told, and never answers. */
async function loggedOutWith({ ada, server }: Cast): Promise<void> {
  await signInAt(server, ada, "Cloud", "https://cloud.example.com/logged-out");
  await signInAt(server, ada, "Photos");
  await visit(ada.page, "/profile/security");
  await remoteLogout(ada.page);
}

/** An application has just been registered, and its page is open. */
const registered =
  (query: string, address: string): Way =>
  async ({ ada: { page } }) => {
    await visit(page, `/settings/applications/new?${query}`);
    await page.getByLabel("Name", { exact: true }).fill("Files of the team");
    await page.getByLabel("Address", { exact: true }).fill(address);
    await page.getByRole("button", { name: "Register" }).click();
    await page.getByRole("heading", { name: "Set it up" }).waitFor();
    await live(page);
    return page;
  };

export const PAGES: Record<string, Way> = {
  "sign-in": signedOut("/sign-in"),
  "sign-in-errors": async ({ anonymous }) => {
    await visit(anonymous, "/sign-in");
    await anonymous.getByRole("button", { name: "Sign in" }).click();
    await anonymous.getByRole("alert").waitFor();
    return anonymous;
  },
  "sign-in-wrong": async ({ anonymous, ada }) => {
    await visit(anonymous, "/sign-in");
    await anonymous.getByLabel("Email").fill(ada.email);
    await anonymous.getByLabel("Password", { exact: true }).fill("not the password");
    await anonymous.getByRole("button", { name: "Sign in" }).click();
    await anonymous.getByRole("alert").waitFor();
    return anonymous;
  },
  "sign-up": signedOut("/sign-up"),
  "sign-up-errors": async ({ anonymous }) => {
    await visit(anonymous, "/sign-up");
    await anonymous.getByLabel("Password", { exact: true }).fill("password1");
    await anonymous.getByRole("button", { name: "Create account" }).click();
    await anonymous.getByRole("alert").waitFor();
    return anonymous;
  },
  "confirm-sign-up-sent": signedOut("/confirm-sign-up"),
  "confirm-sign-up-over": signedOut("/confirm-sign-up?token=nonsense"),
  "sign-in-code": async ({ ada, anonymous }) => {
    await setUp(ada.page);
    await visit(anonymous, "/sign-in");
    await signIn(anonymous, ada);
    await anonymous.getByLabel("Authentication code").waitFor();
    return anonymous;
  },
  "sign-in-recovery-code": async ({ ada, anonymous }) => {
    await setUp(ada.page);
    await visit(anonymous, "/sign-in");
    await signIn(anonymous, ada);
    await anonymous.getByRole("link", { name: "Use a recovery code" }).click();
    await anonymous.getByLabel("Recovery code").waitFor();
    return anonymous;
  },
  "forgot-password": signedOut("/forgot-password"),
  "reset-password-over": signedOut("/reset-password?token=nonsense"),
  "reset-password": async ({ ada, anonymous, server }) => {
    await visit(anonymous, "/forgot-password");
    await anonymous.getByLabel("Email").fill(ada.email);
    await anonymous.getByRole("button", { name: "Send link" }).click();
    await anonymous.goto(await server.linkFor(ada.email, "/reset-password"));
    return anonymous;
  },
  "not-me": async ({ ada, anonymous, server }) => {
    await visit(anonymous, "/sign-in");
    await signIn(anonymous, ada);
    await anonymous.waitForURL((url) => url.pathname === "/");
    await anonymous.goto(await server.linkFor(ada.email, "/not-me"));
    return anonymous;
  },
  "not-me-over": signedOut("/not-me?token=nonsense"),
  "two-factor-begin": signedIn("/profile/two-factor"),
  "two-factor-codes": async ({ ada }) => (await keepCodes(ada.page), ada.page),
  "two-factor-app": async ({ ada }) => (await keepCodes(ada.page), await scan(ada.page), ada.page),
  "two-factor-on": async ({ ada }) => (await setUp(ada.page), ada.page),
  "two-factor-off": async ({ ada, server }) => {
    await setUp(ada.page);
    server.database("update sessions set confirmed_at = confirmed_at - 601000");
    await visit(ada.page, "/profile/two-factor/off");
    return ada.page;
  },
  home: signedIn("/"),
  profile: signedIn("/profile"),
  "profile-login": signedIn("/profile/login"),
  "profile-login-pending": async ({ ada: { page }, stranger }) => {
    await visit(page, "/profile/login");
    await page.getByLabel("New email").fill(stranger("Countess Lovelace").email);
    await page.getByRole("button", { name: "Send link" }).click();
    await page.getByRole("button", { name: "Cancel the change" }).waitFor();
    await live(page);
    return page;
  },
  "profile-password": signedIn("/profile/password"),
  "profile-security": busy("/profile/security"),
  "remote-logout-dialog": async (cast) => {
    const page = await busy("/profile/security")(cast);
    await ask(page);
    return page;
  },
  "remote-logout-dialog-failed": async (cast) => {
    const page = await busy("/profile/security")(cast);
    await page.route("**/api/fn/remote_logout", (route) => route.abort());
    const dialog = await ask(page);
    await dialog.getByRole("button", { name: "Log out everywhere" }).click();
    await dialog.getByRole("alert").waitFor();
    return page;
  },
  "remote-logout-confirm": busy("/profile/remote-logout?from=security"),
  "remote-logout-receipt": async (cast) => {
    const page = await busy("/profile/security")(cast);
    await remoteLogout(page);
    return page;
  },
  "remote-logout-applications": async (cast) => (await loggedOutWith(cast), cast.ada.page),
  receipt: async (cast) => {
    await loggedOutWith(cast);
    // It reloads itself while answers come in, also while it is examined.
    await cast.ada.page.route("**/receipt", async (route) => {
      const response = await route.fetch();
      const { refresh: _reloads, ...headers } = response.headers();
      await route.fulfill({ response, headers });
    });
    await cast.ada.page.goto("/receipt");
    return cast.ada.page;
  },
  "remote-logout-reason": async ({ ada, another }) => {
    const phone = await another(ada, "Safari on iPhone", true);
    await visit(ada.page, "/profile/security");
    await remoteLogout(ada.page);
    await visit(phone.page, "/profile");
    return phone.page;
  },
  "remote-logout-free-plan": async ({ ada, server }) => {
    server.run("account", "set-plan", ada.email, "free");
    await visit(ada.page, "/profile/security");
    return ada.page;
  },
  "signed-out": async ({ ada }) => {
    await visit(ada.page, "/");
    await ada.page.getByRole("button", { name: "Sign out" }).click();
    await ada.page.getByText("You’re signed out on this device").waitFor();
    return ada.page;
  },
  settings: signedIn("/settings"),
  "settings-plan": signedIn("/settings/plan?to=free"),
  "settings-members": together("/settings/members"),
  "settings-members-manage": async (cast) => {
    const page = await together("/settings/members")(cast);
    await page.getByText("Manage Grace Hopper").click();
    await page.getByRole("link", { name: "Remove" }).first().waitFor();
    return page;
  },
  "settings-members-search": together("/settings/members?q=grace"),
  "settings-members-no-match": together("/settings/members?q=nothing+like+it"),
  "settings-members-unknown": async ({ ada }) => {
    await ada.page.goto("/settings/members/confirm?operation=remove&member=nothing");
    return ada.page;
  },
  "settings-members-invited": async ({ ada }) => {
    await invite(ada.page, "Member");
    return ada.page;
  },
  "settings-members-confirm": async (cast) => {
    const page = await together("/settings/members")(cast);
    await page.getByText("Manage Grace Hopper").click();
    await page.getByRole("link", { name: "Remove" }).first().click();
    await page.getByRole("heading", { level: 1, name: "Remove Grace Hopper?" }).waitFor();
    return page;
  },
  "settings-members-everyone": together("/settings/members/everyone"),
  "settings-members-logged-out": async (cast) => {
    const { ada, server } = cast;
    await signInAt(server, ada, "Cloud", "https://cloud.example.com/logged-out");
    await signInAt(server, ada, "Photos");
    const page = await together("/settings/members/everyone")(cast);
    await page.getByRole("button", { name: "Log everyone out" }).click();
    await page.getByRole("heading", { name: "Everyone else has been logged out" }).waitFor();
    return page;
  },
  "settings-members-second-factor": together("/settings/members/second-factor"),
  "settings-audit-log": together("/settings/audit-log"),
  "settings-audit-log-filtered": async ({ ada }) => {
    await visit(ada.page, "/settings/audit-log?action=user.created&from=2020-01-01");
    await ada.page.getByText("Ada Lovelace signed up").click();
    await ada.page.getByText("user.created").waitFor();
    return ada.page;
  },
  "settings-audit-log-nothing": signedIn("/settings/audit-log?q=nothing+like+it"),
  "settings-audit-log-older": together("/settings/audit-log?before=5"),
  "settings-audit-log-problems": together("/settings/audit-log?q=a+b+c+d+e+f+g+h+i&from=2026-11-22&until=2026-11-21&severity=loud"),
  "settings-webhook": signedIn("/settings/audit-log/webhook"),
  "settings-webhook-set": async ({ ada }) => {
    await visit(ada.page, "/settings/audit-log/webhook");
    await ada.page.getByLabel("Address").fill("https://8.8.8.8/curfew");
    await ada.page.getByRole("button", { name: "Save" }).click();
    await ada.page.getByText("The webhook is set up").waitFor();
    return ada.page;
  },
  "settings-refused": async ({ ada, server }) => {
    server.run("account", "set-plan", ada.email, "plus");
    await visit(ada.page, "/settings/audit-log");
    return ada.page;
  },
  join: async ({ ada, anonymous }) => {
    await visit(anonymous, await invite(ada.page, "Editor", "grace.hopper@example.org"));
    return anonymous;
  },
  "join-waits": async ({ ada, anonymous, server }) => {
    const link = await invite(ada.page, "Editor", "grace.hopper@example.org");
    server.run("remote-logout", ada.email);
    await visit(anonymous, link);
    return anonymous;
  },
  "settings-members-waiting": async ({ ada, server }) => {
    await invite(ada.page, "Editor", "grace.hopper@example.org");
    server.run("remote-logout", ada.email);
    await visit(ada.page, "/sign-in");
    await signIn(ada.page, ada);
    await visit(ada.page, "/settings/members");
    return ada.page;
  },
  "profile-confirm": async ({ ada, server }) => {
    await visit(ada.page, "/settings/members");
    server.database("update sessions set confirmed_at = confirmed_at - 601000");
    await ada.page.getByRole("button", { name: "Create invitation" }).click();
    await ada.page.getByRole("heading", { name: "Confirm it’s you" }).waitFor();
    return ada.page;
  },
  "profile-confirm-nothing": signedIn("/profile/confirm"),
  "join-not-good": signedOut("/join?invite=nothing"),
  "profile-delete": signedIn("/profile/delete"),
  "settings-applications": signedIn("/settings/applications"),
  "settings-applications-open-id": signedIn("/settings/applications/new?kind=open_id"),
  "settings-applications-preset": signedIn("/settings/applications/new?kind=open_id&preset=grafana"),
  "settings-applications-gate": async (cast) => {
    const page = await together("/settings/applications/new?kind=gate")(cast);
    await page.getByLabel("Only some of them").check();
    return page;
  },
  "settings-applications-errors": async ({ ada: { page } }) => {
    await visit(page, "/settings/applications/new?kind=open_id");
    await page.getByText("Advanced").click();
    await page.getByLabel("Days that its own session may live").fill("0");
    await page.getByLabel("Only some of them").check();
    await page.getByRole("button", { name: "Register" }).click();
    await page.getByRole("alert").waitFor();
    return page;
  },
  "settings-applications-one": registered("kind=open_id&preset=nextcloud", "https://cloud.example.com"),
  "settings-applications-one-gate": registered("kind=gate&preset=nginx", "https://wiki.example.com"),
  "settings-applications-remove": async (cast) => {
    const page = await registered("kind=open_id&preset=forgejo", "https://code.example.com")(cast);
    await page.getByRole("link", { name: "Remove application" }).click();
    await page.getByRole("heading", { level: 1, name: "Remove Files of the team?" }).waitFor();
    return page;
  },
  "settings-applications-list": async (cast) => {
    await registered("kind=open_id&preset=grafana", "https://grafana.example.com")(cast);
    const page = await registered("kind=gate&preset=nginx", "https://notes.example.com")(cast);
    await visit(page, "/settings/applications");
    return page;
  },
  "settings-applications-redirect": async (cast) => {
    const page = await registered("kind=open_id&preset=nextcloud", "https://files.example.com")(cast);
    await visit(page, `${page.url()}&redirect=${encodeURIComponent("https://files.example.com/other")}`);
    return page;
  },
  "settings-api": signedIn("/settings/api"),
  "settings-api-tokens": busy("/settings/api"),
  "settings-api-made": created("/settings/api"),
  "settings-api-errors": async ({ ada }) => {
    await visit(ada.page, "/settings/api");
    await ada.page.getByRole("button", { name: "Create token" }).click();
    await ada.page.getByRole("alert").waitFor();
    return ada.page;
  },
  "settings-api-revoke": async (cast) => {
    const page = await busy("/settings/api")(cast);
    await page.getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("heading", { name: "Revoke this API token?" }).waitFor();
    return page;
  },
  "settings-api-locked": async ({ ada, server }) => {
    server.run("account", "set-plan", ada.email, "pro");
    await visit(ada.page, "/settings/api");
    return ada.page;
  },
  "settings-mcp": signedIn("/settings/mcp"),
  "settings-mcp-made": created("/settings/mcp"),
  "api-docs": async ({ anonymous }) => (await anonymous.goto("/api/docs"), anonymous),
  "not-found": signedOut("/nothing-here"),
  "not-found-signed-in": signedIn("/nothing-here"),
  "veil-offline": async ({ ada }) => {
    await visit(ada.page, "/profile/security");
    await ada.context.setOffline(true);
    await ada.page.getByText("Curfew can’t be reached").waitFor();
    return ada.page;
  },
};

/** States that only a script can bring about. */
export const SCRIPTED = ["remote-logout-dialog", "remote-logout-dialog-failed", "veil-offline"];
