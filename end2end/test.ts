// What every story starts from: a server, users with devices, and a watch over what browsers complain about.
import {
  type APIRequestContext,
  type APIResponse,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
  test as base,
  expect,
} from "@playwright/test";
import { Server, type Settings } from "./server.ts";

export { expect } from "@playwright/test";

/** User agents by what Curfew calls them. */
export const AGENTS = {
  "Chrome on Windows":
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
  "Firefox on Linux": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  "Safari on iPhone":
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
  "Edge on Windows":
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
} as const;
export type Agent = keyof typeof AGENTS;

export interface User {
  name: string;
  email: string;
  password: string;
}

/** A browser of its own, with its own cookies. */
export interface Device {
  context: BrowserContext;
  page: Page;
}

/** See `pages.ts`. */
export interface Cast {
  server: Server;
  /** Signed in. */
  ada: User & Device;
  another: Stories["another"];
  elsewhere: Stories["elsewhere"];
  stranger: Stories["stranger"];
  device: Stories["device"];
  /** An anonymous visitor. */
  anonymous: Page;
}

interface Stories {
  /** The details of a user who has not signed up. */
  stranger: (name: string) => User;
  /** A device on which no user is signed in. */
  device: (agent?: Agent, options?: BrowserContextOptions) => Promise<Device>;
  /** A user who has just signed up on a device of theirs. */
  user: (name: string, agent?: Agent) => Promise<User & Device>;
  /** Another device of a user, signed in. */
  another: (user: User, agent: Agent, remember?: boolean) => Promise<Device>;
  /** A user signs in on a device that has no window, which is quicker. */
  elsewhere: (user: User, agent: Agent, remember?: boolean) => Promise<APIRequestContext>;
  /** Who and what a page needs to come about. */
  cast: Cast;
  /** What browsers have complained about in this test. Empty at its end, or the test fails. */
  complaints: string[];
  /** Complaints that are part of the story. */
  tolerated: RegExp[];
  /** Whether pages come alive: there is script, and WebAssembly. */
  javaScript: boolean;
}

/** What a project says. */
export interface Scripted {
  webAssembly: boolean;
}

let made = 0;

export const test = base.extend<Stories & Scripted, { settings: Settings; server: Server }>({
  webAssembly: [true, { option: true }],
  settings: [{}, { option: true, scope: "worker" }],
  server: [
    async ({ settings }, use) => {
      const server = await Server.start(settings);
      await use(server);
      // Whatever the stories did, nothing in the audit log was changed, moved or removed.
      server.run("audit", "verify");
      await server.stop();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ server }, use) => use(server.url),
  javaScript: async ({ javaScriptEnabled, webAssembly }, use) => use(javaScriptEnabled !== false && webAssembly),

  tolerated: async ({ javaScript, webAssembly }, use) =>
    // A refused request is a line in the console; the stories look at what the page makes of it.
    use([
      /^Failed to load resource: /,
      ...(javaScript ? [] : [/was preloaded using link preload but not used/]),
      ...(webAssembly ? [] : [/WebAssembly is not defined/]),
    ]),
  complaints: [
    async ({ tolerated }, use) => {
      const complaints: string[] = [];
      await use(complaints);
      expect(complaints.filter((c) => !tolerated.some((t) => t.test(c)))).toEqual([]);
    },
    { auto: true },
  ],

  stranger: async ({}, use, info) =>
    use((name) => {
      made += 1;
      const email = `${name.toLowerCase().replaceAll(" ", ".")}.${info.workerIndex}.${made}@example.org`;
      return { name, email, password: "violet tractor hums at dawn" };
    }),
  context: async ({ context, complaints, baseURL, webAssembly }, use) => {
    if (!webAssembly) await context.addInitScript(withoutWebAssembly);
    await listen(context, complaints, baseURL!);
    await use(context);
  },
  device: async ({ browser, baseURL, complaints, webAssembly }, use) => {
    const opened: BrowserContext[] = [];
    await use(async (agent = "Chrome on Windows", options = {}) => {
      const context = await browser.newContext({ baseURL, userAgent: AGENTS[agent], ...options });
      opened.push(context);
      if (!webAssembly) await context.addInitScript(withoutWebAssembly);
      await listen(context, complaints, baseURL!);
      return { context, page: await context.newPage() };
    });
    for (const context of opened) await context.close();
  },
  user: async ({ stranger, device }, use) =>
    use(async (name, agent) => {
      const user = stranger(name);
      const { context, page } = await device(agent);
      await call(context.request, "sign_up", { ...user });
      return { ...user, context, page };
    }),
  another: async ({ device }, use) =>
    use(async (user, agent, remember) => {
      const { context, page } = await device(agent);
      await postSignIn(context.request, user, remember);
      return { context, page };
    }),
  elsewhere: async ({ playwright, baseURL }, use) => {
    const opened: APIRequestContext[] = [];
    await use(async (user, agent, remember) => {
      const request = await playwright.request.newContext({ baseURL, userAgent: AGENTS[agent] });
      opened.push(request);
      await postSignIn(request, user, remember);
      return request;
    });
    for (const request of opened) await request.dispose();
  },
  cast: async ({ server, user, another, elsewhere, stranger, device, page }, use) => {
    const ada = await user("Ada Lovelace", "Firefox on Linux");
    await use({ server, ada, another, elsewhere, stranger, device, anonymous: page });
  },
});

/** As in the Lockdown Mode of iOS. Chromium's own flag for it is not heeded by every process. */
function withoutWebAssembly(): void {
  Reflect.deleteProperty(globalThis, "WebAssembly");
}

/** Calls a server function without a page. */
export async function call(request: APIRequestContext, name: string, form: Record<string, string>): Promise<APIResponse> {
  const answer = await request.post(`/api/fn/${name}`, { form });
  expect(answer.status(), await answer.text()).toBe(200);
  return answer;
}

async function postSignIn(request: APIRequestContext, { email, password }: User, remember = false): Promise<void> {
  await call(request, "sign_in", { email, password, ...(remember && { remember_me: "true" }) });
}

async function listen(context: BrowserContext, complaints: string[], origin: string): Promise<void> {
  context.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && !["data:", "blob:"].includes(url.protocol)) complaints.push(`asked for ${url}`);
  });
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) =>
      console.error(`content security policy: ${event.violatedDirective} ${event.blockedURI}`),
    );
  });
}
