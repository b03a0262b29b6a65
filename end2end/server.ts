// One Curfew for each worker: the real binary on a free port with a database of its own.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { dirname, join, resolve } from "node:path";

/** Where the servers keep their data. */
export const folder = resolve(import.meta.dirname, "../target/end2end");
const binary = process.env.CURFEW_BIN ?? resolve(import.meta.dirname, "../target/debug/curfew");
const python = process.env.PYTHON ?? "python3";

/** Settings besides the address and the database, like `CURFEW_DEFAULT_PLAN`. */
export type Settings = Record<string, string>;

export class Server {
  private constructor(
    readonly url: string,
    private readonly databaseFile: string,
    private readonly process: ChildProcess,
  ) {}

  static async start(settings: Settings = {}): Promise<Server> {
    const data = mkdtempSync(join(folder, "server-"));
    const databaseFile = join(data, "curfew.db");
    const address = `127.0.0.1:${await freePort()}`;
    const log = openSync(join(data, "server.log"), "a");
    const child = spawn(binary, ["serve"], {
      cwd: data,
      stdio: ["ignore", log, log],
      env: {
        PATH: process.env.PATH,
        CURFEW_LISTEN: address,
        CURFEW_PUBLIC_URL: `http://${address}`,
        CURFEW_DATABASE_URL: `sqlite://${databaseFile}`,
        CURFEW_SIGN_UP: "open",
        // Every user of every story signs up from this machine.
        CURFEW_SIGN_UPS_PER_ADDRESS: "100000",
        // Each of them has an account of their own.
        CURFEW_APPLICATIONS: "all",
        ...settings,
      },
    });
    const server = new Server(`http://${address}`, databaseFile, child);
    await server.answers(data);
    return server;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null) return;
    const ended = new Promise((exit) => this.process.once("exit", exit));
    this.process.kill("SIGTERM");
    // The drain is bounded; a server that outlives it is a bug, and must not outlive the tests.
    const impatient = setTimeout(() => this.process.kill("SIGKILL"), 15_000);
    await ended;
    clearTimeout(impatient);
  }

  /** Runs another command of the same binary beside the server, and returns what it prints. */
  run(...command: string[]): string {
    const env = { PATH: process.env.PATH, CURFEW_DATABASE_URL: `sqlite://${this.databaseFile}`, CURFEW_APPLICATIONS: "all" };
    return execFileSync(binary, command, { env, encoding: "utf8" });
  }

  /** Runs one statement in the database, behind the server's back, and returns the rows. */
  database(statement: string, ...values: (string | number | null)[]): (string | number | null)[][] {
    const script = `
import json, sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=20, isolation_level=None)
print(json.dumps(database.execute(sys.argv[2], json.loads(sys.argv[3])).fetchall()))`;
    const rows = execFileSync(python, ["-c", script, this.databaseFile, statement, JSON.stringify(values)]);
    return JSON.parse(rows.toString());
  }

  /** The emails to this address, as text: without an SMTP server they are files. */
  emails(to: string): string[] {
    const mailbox = join(dirname(this.databaseFile), "mail");
    if (!existsSync(mailbox)) return [];
    const all = readdirSync(mailbox).map((file) => readFileSync(join(mailbox, file), "utf8"));
    const plain = (email: string) =>
      email.replace(/=\r?\n/g, "").replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
    return all.filter((email) => email.includes(`To: ${to}`)).map(plain);
  }

  /** Waits for an email to this address with a link to that page, and returns the link. */
  async linkFor(to: string, page: string): Promise<string> {
    for (let tries = 0; tries < 100; tries++) {
      for (const email of this.emails(to)) {
        const link = email.match(/https?:\/\/[^\s"<]+\?token=[\w-]{43}/g)?.find((l) => l.includes(page));
        if (link) return link;
      }
      await new Promise((later) => setTimeout(later, 100));
    }
    throw new Error(`no email with a link to ${page} came for ${to}`);
  }

  /** Keeps every writer out of the database until the returned function is called. */
  async lockDatabase(): Promise<() => Promise<void>> {
    const script = `
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=20, isolation_level=None)
database.execute("begin exclusive")
print("locked", flush=True)
sys.stdin.read()
database.execute("rollback")`;
    const child = spawn(python, ["-c", script, this.databaseFile], { stdio: ["pipe", "pipe", "inherit"] });
    const ended = new Promise((exit) => child.once("exit", exit));
    await new Promise((locked) => child.stdout.once("data", locked));
    return async () => {
      child.stdin.end();
      await ended;
    };
  }

  private async answers(data: string): Promise<void> {
    for (let tries = 0; tries < 300; tries++) {
      if (this.process.exitCode !== null) break;
      const healthy = await fetch(`${this.url}/healthz`).then((r) => r.ok, () => false);
      if (healthy) return;
      await new Promise((later) => setTimeout(later, 100));
    }
    await this.stop();
    throw new Error(`curfew did not start; see ${data}/server.log`);
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((listening) => probe.once("listening", listening));
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}
