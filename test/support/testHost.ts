import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import * as path from "node:path";
import { stringify } from "yaml";
import { attempt, capture, type Result } from "../../base/exec";
import { remove } from "./cleanUp";
import { forget, goneRuns, RUN } from "./testRun";

// All that tests make is named so, and only that is ever cleaned up. A second run can go on beside the first.
const STACK = `test${RUN}-`;
const namespace = (run: string) => `vtest${run}-`;
const folder = (run: string) => `/var/tmp/varvol-test${run}-`;
export const NAMESPACE = namespace(RUN);

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  /** The body as it was sent. */
  readonly sent: Buffer;
}

/** A new folder, which goes with all else that tests made. */
export function testFolder(): string {
  return fs.mkdtempSync(folder(RUN));
}

/** A host of its own on this machine's daemon: stack, state, ports, networks and volume root. */
export class TestHost {
  readonly folder: string;
  readonly root: string;
  readonly stack: string;
  readonly namespace: string;
  readonly configFile: string;
  /** Where a test that changes the lock of images keeps one of its own; without it the project's is used. */
  readonly lockFile: string;
  readonly http: number;
  readonly https: number;
  private engine?: Promise<Record<string, string>>;
  private engineFolder = process.env.VARVOL_ENGINE;

  constructor(name: string, port: number) {
    this.stack = STACK + name;
    this.namespace = `${NAMESPACE}${name}-`;
    this.http = port;
    this.https = port + 1;
    this.folder = testFolder();
    this.root = path.join(this.folder, "vol");
    this.configFile = path.join(this.folder, "stack.yaml");
    this.lockFile = path.join(this.folder, "images.lock.json");
    fs.mkdirSync(path.join(this.folder, "state"));
    // With the tests that it is for, so that a tier doesn't pile up hosts; after all that these do afterwards.
    const away = () => remove(this);
    if (typeof before === "function") {
      before(function () {
        this.test?.parent?.afterAll(away);
      });
    }
  }

  /** Writes the stack file; the engine's own lines in it stay. */
  configure(sites: readonly Record<string, unknown>[], more: Record<string, unknown> = {}): void {
    const salt = fs.existsSync(this.configFile)
      ? /^encryptionsalt:.*$/m.exec(fs.readFileSync(this.configFile, "utf8"))?.[0]
      : undefined;
    const config = {
      kind: "local",
      namespace: this.namespace,
      volumeRoot: this.root,
      gateway: { http: this.http, https: this.https },
      sites,
      ...more,
      // Nothing runs by itself but where that is what is tested.
      ...(more.backup !== undefined && {
        backup: { every: "never", drill: "never", ...(more.backup as Record<string, unknown>) },
      }),
    };
    const keys = Object.fromEntries(Object.entries(config).map(([key, value]) => [`varvol:${key}`, value]));
    fs.writeFileSync(this.configFile, `${salt ? `${salt}\n` : ""}${stringify({ config: keys })}`);
  }

  /** Where the engine keeps this host's state, and the key to it. */
  get backend(): { PULUMI_BACKEND_URL: string; PULUMI_CONFIG_PASSPHRASE: string } {
    return { PULUMI_BACKEND_URL: `file://${this.folder}/state`, PULUMI_CONFIG_PASSPHRASE: "only a test" };
  }

  get env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      ...this.backend,
      ...(fs.existsSync(this.lockFile) && { VARVOL_LOCK_FILE: this.lockFile }),
      VARVOL_STACK: this.stack,
      VARVOL_ENGINE: this.engineFolder,
      NO_COLOR: "1",
    };
  }

  /** From here on, the engine of that folder runs this host; undefined: the one that is there without being named. */
  useEngine(folder: string | undefined): void {
    this.engineFolder = folder;
    this.engine = undefined;
  }

  /** Runs the command line on this host. */
  varvol(...args: string[]): Promise<Result> {
    return this.varvolWith(undefined, ...args);
  }

  /** The same with something on its standard input. */
  varvolWith(input: string | undefined, verb?: string, ...args: string[]): Promise<Result> {
    const words = [...(verb === undefined ? [] : [verb]), "--config-file", this.configFile, ...args];
    return attempt([process.execPath, "cli/varvol.cjs", ...words], { env: this.env, input });
  }

  /** Runs `up` and fails with all of its output unless it ends well. */
  async up(): Promise<string> {
    const result = await this.varvol("up");
    if (result.code !== 0)
      throw new Error(`up ended with ${result.code}:\n${result.stdout}\n${result.stderr}`);
    return result.stdout + result.stderr;
  }

  /** Runs the engine itself, as a user does after `eval "$(npx varvol env)"`. */
  async pulumi(...args: string[]): Promise<Result> {
    const env = await (this.engine ??= this.engineEnv());
    const file = ["up", "preview", "refresh"].includes(args[0] ?? "")
      ? ["--config-file", this.configFile]
      : [];
    return attempt(["pulumi", ...args, "-s", this.stack, ...file, "--non-interactive"], {
      env: { ...this.env, ...env },
    });
  }

  private async engineEnv(): Promise<Record<string, string>> {
    return JSON.parse((await this.varvol("env", "--json")).stdout) as Record<string, string>;
  }

  /** Containers of this host by role, as owner/role -> id. */
  async containers(): Promise<Map<string, string>> {
    const format = '{{.Label "varvol.owner"}}/{{.Label "varvol.role"}} {{.ID}}';
    const text = await capture([
      "docker",
      "ps",
      "-a",
      "--no-trunc",
      "--filter",
      `label=varvol.host=varvol/${this.stack}`,
      "--format",
      format,
    ]);
    return new Map(
      text
        .split("\n")
        .filter(Boolean)
        .map((line) => line.split(" ") as [string, string]),
    );
  }

  /** Id of the one container of a role; fails where there is none. */
  async container(role: string): Promise<string> {
    const id = (await this.containers()).get(role);
    if (!id) throw new Error(`there is no container ${role}`);
    return id;
  }

  get(
    domain: string,
    target = "/",
    options: {
      tls?: boolean;
      headers?: Record<string, string>;
      method?: string;
      body?: string;
      servername?: string;
    } = {},
  ): Promise<Answer> {
    const { tls = false, headers, method, body, servername = domain } = options;
    return new Promise((resolve, reject) => {
      const common = {
        host: "127.0.0.1",
        path: target,
        method,
        headers: { host: domain, ...headers },
        agent: false,
        timeout: 30_000,
      };
      const request = tls
        ? https.request({ ...common, port: this.https, servername, rejectUnauthorized: false })
        : http.request({ ...common, port: this.http });
      request.on("error", reject);
      request.on("timeout", () => request.destroy(new Error("no answer in 30 s")));
      request.on("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
            sent: Buffer.concat(chunks),
          }),
        );
      });
      request.end(body);
    });
  }
}

/**
 * Removes every container, network and folder that this run made, and those of earlier runs that were killed: what these
 * left would come back with docker and hold the ports.
 */
export function cleanUp(): void {
  const gone = goneRuns();
  for (const run of [RUN, ...gone]) remove({ namespace: namespace(run), folder: folder(run) });
  gone.forEach((run) => forget(run));
}
