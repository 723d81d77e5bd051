import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { attempt, capture, type Result } from "../../base/exec";
import { restic } from "./restic";
import { filesUnder } from "./siteData";
import { TestHost } from "./testHost";
import { until } from "./until";

/** A run, as `varvol snapshots --json` lists it. */
export interface Listed {
  readonly site?: string;
  readonly run: string;
  readonly complete: boolean;
}

/** Three sites: one of files, and two WordPresses, of which one takes over what the other had. */
const SITES = [
  { name: "hello", kind: "static", domains: ["hello.localhost"], import: path.resolve("demo/hello") },
  { name: "blog", kind: "wordpress", domains: ["blog.localhost"], title: "A blog" },
  { name: "copy", kind: "wordpress", domains: ["copy.localhost"], title: "A copy" },
];

/** A host with a backup repository, and what tests of backups ask of it. */
export class KeptHost extends TestHost {
  repository = path.join(this.folder, "repository");
  readonly password = path.join(this.root, ".varvol/backup/password");
  readonly sites: readonly Record<string, unknown>[];

  constructor(name: string, port: number, names = SITES.map((site) => site.name)) {
    super(name, port);
    this.sites = SITES.filter((site) => names.includes(site.name));
  }

  /** Writes the stack file, with its backups. */
  keep(more: Readonly<Record<string, unknown>> = {}): void {
    this.configure(this.sites, { backup: { repository: this.repository, ...more } });
  }

  /** Runs the command line, fails unless that ends well, and gives what it printed. */
  async ok(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.varvol(...args);
    assert.equal(code, 0, `${args.join(" ")}: ${stdout}${stderr}`);
    return stdout;
  }

  /** Runs the command line and gives what it said when it failed; fails when it does not. */
  async refused(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.varvol(...args);
    assert.equal(code, 1, `${args.join(" ")}: ${stdout}${stderr}`);
    return stderr;
  }

  async snapshots(): Promise<Listed[]> {
    return JSON.parse(await this.ok("snapshots", "--json")) as Listed[];
  }

  async complete(): Promise<Listed[]> {
    return (await this.snapshots()).filter(({ complete }) => complete);
  }

  /** Each container that serves or holds data, and whether it runs. */
  async states(): Promise<string[]> {
    const filter = ["--filter", `name=${this.namespace}`, "--format", "{{.Names}} {{.State}}"];
    const lines = (await capture(["docker", "ps", "-a", ...filter])).split("\n");
    return lines.filter((line) => !/^(?:backup|job)-/.test(line.slice(this.namespace.length))).sort();
  }

  /** Waits until nothing is stopped any more. */
  async untilStates(wanted: readonly string[]): Promise<void> {
    const same = async () => JSON.stringify(await this.states()) === JSON.stringify(wanted);
    await until("everything runs again", same, 60);
  }

  /** Waits until no job works on this host, whoever asked for it. */
  async untilIdle(): Promise<void> {
    await until("the end of the jobs", async () => (await this.jobs("")).length === 0, 60);
  }

  /** Containers of jobs whose name begins like that. */
  async jobs(job: string): Promise<string[]> {
    const filter = ["--filter", `name=^${this.namespace}job-${job}`];
    return (await capture(["docker", "ps", "-q", ...filter])).split("\n").filter(Boolean);
  }

  /** Kills a job of the host with all of its processes; false where none is there. */
  async killJob(job: string): Promise<boolean> {
    const ids = await this.jobs(job);
    if (ids.length > 0) await attempt(["docker", "kill", ...ids]);
    return ids.length > 0;
  }

  /** Runs restic itself on a repository of this host, with more folders than that. */
  restic(
    args: readonly string[],
    { repository = this.repository, mounts = [] as readonly string[] } = {},
  ): Promise<Result> {
    return restic(this, repository, args, { mounts });
  }

  /** Fails unless every byte of the repository is as restic wrote it. */
  async checked(): Promise<void> {
    const { code, stdout, stderr } = await this.restic(["check", "--read-data"]);
    assert.equal(code, 0, stdout + stderr);
  }

  /** The files of a run as restic gives them to a folder of its own, described as filesOf does. */
  async filesIn(site: string, run: string): Promise<string[]> {
    const folder = fs.mkdtempSync(path.join(this.folder, "scratch-"));
    const tags = `site=${site},run=${run},part=files`;
    const words = [
      "restore",
      `latest:/vol/${site}`,
      "--tag",
      tags,
      "--target",
      "/scratch",
      "--verify",
      "--quiet",
    ];
    const restored = await this.restic([...words, "--no-lock"], { mounts: [`${folder}:/scratch`] });
    assert.equal(restored.code, 0, restored.stderr);
    const files = filesUnder(folder);
    fs.rmSync(folder, { recursive: true });
    return files;
  }

  /** The dump in a run; fails unless it is whole. */
  async dumpIn(site: string, run: string): Promise<string> {
    const tags = `site=${site},run=${run},part=database`;
    const dumped = await this.restic(["dump", "--no-lock", "--tag", tags, "latest", "/database.sql"]);
    assert.equal(dumped.code, 0, dumped.stderr);
    assert.match(dumped.stdout.slice(-100), /-- varvol: complete\n$/);
    return dumped.stdout;
  }
}
