// Applications as their operators run them: foreign OpenID clients in processes of their own, and a site behind nginx and the gate.
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type BrowserContext, expect, type Page } from "@playwright/test";
import { freePort, type Programs } from "./programs.ts";
import { type Server } from "./server.ts";
import { visit } from "./steps.ts";
import { type User } from "./test.ts";

const clients = resolve(import.meta.dirname, "../foreign-clients");
const LONG_AGO = new Date("2020-01-01");

/** An application that runs. */
export interface Application {
  name: string;
  url: string;
  /** Takes what this browser is known by there. What it returns asks the application each time, as a script of the browser would,
   * whether it still serves that. */
  session: (browser: BrowserContext) => Promise<() => Promise<boolean>>;
}

/** Registers an application in the account of a user, and starts it with a script of `foreign-clients`. */
export async function startApplication(
  programs: Programs,
  server: Server,
  owner: User,
  { name, script, host }: { name: string; script: string; host: string },
): Promise<Application> {
  const port = await freePort(host);
  const url = `http://${host}:${port}`;
  const addresses = ["--redirect", `${url}/callback`, "--logout", `${url}/logged-out`, "--plain-http"];
  const printed = server.run("application", "add", "--account-of", owner.email, "--name", name, ...addresses);
  const printedAs = (what: string) => printed.match(new RegExp(`${what}: (\\S+)`))![1];
  await programs.start(name, {
    program: process.execPath,
    arguments: [join(clients, script)],
    settings: { ISSUER: server.url, BASE: url, CLIENT_ID: printedAs("Client ID"), CLIENT_SECRET: printedAs("Client secret") },
    host,
    port,
  });
  // Its own session alone counts at that address: Curfew is not asked. Where there is none it leads to Curfew; anything else is no
  // sign of an end.
  const session = asks(`${url}/session`, (answer) => answer.headers.get("location")?.startsWith(`${server.url}/oauth/authorize?`));
  return { name, url, session };
}

/** Asks at an address with the cookies of a browser: 200 is a session, and what `isNone` recognises is none. */
function asks(url: string, isNone: (answer: Response) => boolean | undefined): Application["session"] {
  return async (browser) => {
    const cookie = (await browser.cookies(url)).map(({ name, value }) => `${name}=${value}`).join("; ");
    return async () => {
      const answer = await fetch(url, { redirect: "manual", headers: { cookie } });
      // Read to its end, so that the next one takes the same connection.
      const text = await answer.text();
      expect(answer.status === 200 || isNone(answer), `${url}: ${answer.status} ${text}`).toBe(true);
      return answer.status === 200;
    };
  };
}

/** Registers a site of static pages behind the gate, and starts nginx in front of it, configured as the application's page says. */
export async function startSite(programs: Programs, server: Server, page: Page, name: string): Promise<Application> {
  // A host of its own: Curfew is at 127.0.0.1.
  const port = await freePort("127.0.0.1");
  const url = `http://localhost:${port}`;
  const copied = await registerSite(page, name, url);
  const pages = join(programs.folder, "site");
  mkdirSync(pages);
  writeFileSync(join(pages, "index.html"), `<!doctype html><title>${name}</title><h1>${name} of the team</h1>\n`);
  // As old as pages are: the older one is, the longer browsers keep it without asking.
  utimesSync(join(pages, "index.html"), LONG_AGO, LONG_AGO);
  const file = join(programs.folder, "nginx.conf");
  writeFileSync(file, configuration(programs.folder, ofStaticSite(copied, new URL(server.url).host, port, pages)));
  await programs.start("nginx", {
    program: existsSync("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx",
    arguments: ["-p", programs.folder, "-e", "stderr", "-c", file],
    host: "127.0.0.1",
    port,
  });
  return { name, url, session: asks(url, (answer) => answer.status === 401) };
}

/** Registers it with the page of an owner or admin. Returns what the page says to put into nginx. */
async function registerSite(page: Page, name: string, url: string): Promise<string> {
  await visit(page, "/settings/applications/new?kind=gate&preset=nginx");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Address", { exact: true }).fill(url);
  await page.getByText("Advanced").click();
  await page.getByLabel("Plain http on a private name").check();
  await page.getByRole("button", { name: "Register" }).click();
  await expect(page.getByText("The application is registered")).toBeVisible();
  return (await page.getByRole("region", { name: "nginx" }).textContent())!;
}

/** The copied block with the addresses of this story, and, as docs/GATE.md says, with pages in place of an application. */
function ofStaticSite(copied: string, curfew: string, port: number, pages: string): string {
  const guide = readFileSync(resolve(import.meta.dirname, "../docs/GATE.md"), "utf8");
  const instead = guide.split("For a static site,")[1].split("```nginx\n")[1].split("```")[0].replace("/srv/site", pages);
  const [before, inside] = copied.split("location / {");
  const end = inside.indexOf("}");
  const asks = inside.slice(0, end).replace(/^ *proxy_.*$/gm, "");
  const site = `${before}location / {\n${instead}${asks}${inside.slice(end)}`;
  // To the outside it is closed.
  const here = site.replaceAll("127.0.0.1:3000", curfew).replace(`listen ${port};`, `listen 127.0.0.1:${port};`);
  for (const what of [`root ${pages};`, `listen 127.0.0.1:${port};`, `http://${curfew}/gate/verify;`, "auth_request /curfew-check;"]) {
    expect(here, "the configuration on the page").toContain(what);
  }
  return here;
}

function configuration(folder: string, site: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((what) => `${what}_temp_path ${folder}/nginx-${what};`);
  return [
    "daemon off;",
    // One process, which is this user's: others could not read the folder.
    "master_process off;",
    `pid ${folder}/nginx.pid;`,
    "error_log stderr;",
    "events {}",
    "http {",
    "access_log off;",
    "default_type text/html;",
    ...temporary,
    site,
    "}\n",
  ].join("\n");
}
