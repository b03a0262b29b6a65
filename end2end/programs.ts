// Programs besides Curfew that a story runs: nginx, and applications that sign in with Curfew. All on loopback.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, openSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { folder } from "./server.ts";

export interface Command {
  program: string;
  arguments: string[];
  settings?: Record<string, string>;
  /** Where it listens once it has started. */
  host: string;
  port: number;
}

export class Programs {
  private readonly running: { child: ChildProcess; ended: Promise<unknown> }[] = [];

  private constructor(
    /** A folder for what they read and write. */
    readonly folder: string,
  ) {}

  static make(): Programs {
    return new Programs(mkdtempSync(join(folder, "programs-")));
  }

  /** Starts one, and waits until it listens. */
  async start(name: string, { program, arguments: given, settings, host, port }: Command): Promise<void> {
    const file = join(this.folder, `${name}.log`);
    const log = openSync(file, "a");
    const child = spawn(program, given, { cwd: this.folder, stdio: ["ignore", log, log], env: { PATH: process.env.PATH, ...settings } });
    const failed = new Promise<string>((ends) => {
      child.once("error", (error) => ends(String(error)));
      child.once("exit", (code) => ends(`it ended with ${code}`));
    });
    this.running.push({ child, ended: failed });
    let problem: string | undefined;
    failed.then((why) => (problem = why), () => undefined);
    for (let tries = 0; tries < 300; tries++) {
      if (problem) break;
      if (await listens(host, port)) return;
      await new Promise((later) => setTimeout(later, 100));
    }
    throw new Error(`${name} did not start: ${problem ?? "it does not listen"}\n${readFileSync(file, "utf8")}`);
  }

  async stop(): Promise<void> {
    for (const { child, ended } of this.running) {
      child.kill("SIGTERM");
      const impatient = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(impatient);
    }
  }
}

/** A port that was free a moment ago, and below those that a system gives out by itself: no connection of a browser takes it before
 * the program does that it is for. */
export async function freePort(host: string): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const probe = createServer();
    const free = await new Promise<boolean>((tried) => {
      probe.once("error", () => tried(false));
      probe.listen(port, host, () => tried(true));
    });
    await new Promise((closed) => probe.close(closed));
    if (free) return port;
  }
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((tried) => {
    const probe = connect(port, host);
    probe.once("connect", () => (probe.destroy(), tried(true)));
    probe.once("error", () => tried(false));
  });
}
