import { PAGES, SCRIPTED } from "../pages.ts";
import { expect, test } from "../test.ts";

// The watch of every story hears console errors and warnings, broken hydration, violations of the content security
// policy and requests to other origins. Here it goes everywhere, and nothing that belongs to the story is let pass.
const STORIES: Record<string, RegExp> = {
  "sign-in-errors": /status of 422/,
  "sign-in-wrong": /status of 401/,
  "sign-up-errors": /status of 422/,
  "remote-logout-dialog-failed": /net::ERR_FAILED/,
  "not-found": /status of 404/,
  "veil-offline": /net::ERR_INTERNET_DISCONNECTED/,
};

for (const [name, way] of Object.entries(PAGES)) {
  test(`${name} is quiet`, async ({ person, another, device, server, tolerated, javaScript }) => {
    test.skip(!javaScript && SCRIPTED.includes(name), "needs a script");
    tolerated.shift();
    if (STORIES[name]) tolerated.push(STORIES[name]);
    const ada = await person("Ada Lovelace");
    const { page: nobody } = await device();
    const page = await way({ server, ada, nobody, another: (agent, remember) => another(ada, agent, remember) });
    await expect(page.getByRole("heading", { level: 1 }).or(page.getByRole("status")).first()).toBeVisible();
  });
}
