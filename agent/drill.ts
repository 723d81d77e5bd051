import * as fs from "node:fs";
import * as path from "node:path";
import type { Contents } from "./contents";
import { CLOSED, type Container, containersOf, liveAnswer, one, likeOptions } from "./containers";
import { Failure, lastLines, plain } from "./failure";
import { Fetch, load } from "./fetch";
import { lock } from "./lock";
import { passwordOf, Server } from "./mysql";
import { type Place, read, readPlace, remove, restores, root, settings, write } from "./place";
import { output, run as runProgram, sleep } from "./process";
import type { RequestOf, SiteSubject } from "./protocol";
import { withRestic } from "./restic";
import { record } from "./results";
import { say, step } from "./say";
import { countFiles } from "./tree";
import { applicationOf, newestPost, tablePrefix, tooNew } from "./wordpress";

const ALWAYS = { always: true };
const work = path.join(restores, ".drill");
const journal = path.join(settings, "drilling");

/**
 * Proves that a run's snapshot restores: files and database are fetched into a scratch folder and a scratch server, the
 * site is started from them on a network without a way out, and asked; then everything is removed. The live site is only
 * looked at. The lock of the backups is not held: they would be kept waiting.
 */
export async function drill({ site, run }: Pick<RequestOf<"drill">, "site" | "run">): Promise<void> {
  const place = readPlace();
  // One at a time: a second one waits, and so does the removal of what this one starts.
  const held = await lock("drill", `drill ${site.name}`);
  const since = Date.now();
  try {
    await putDrillRight(place);
    write(journal, JSON.stringify({ site: site.name, run, since }));
    const text = await new Scratch(place, site, run, since).prove();
    record(site.name, "drill", true, run, since, text);
  } catch (error) {
    const reason = error instanceof Failure ? error.message : "interrupted";
    record(site.name, "drill", false, run, since, reason);
    if (!(error instanceof Failure)) throw error;
    throw new Failure(`drill: ${site.name}: the snapshot ${run} did not prove itself: ${reason}`);
  } finally {
    await drop(place);
    await held.release();
  }
}

/** Whether a drill that was killed left something; only whoever holds its lock can tell. */
export function hasLeftDrill(): boolean {
  return fs.existsSync(journal);
}

/** What a killed drill left is its failure, and is removed. */
export async function putDrillRight(place: Place): Promise<void> {
  const left = read(journal);
  if (left !== undefined) {
    const found = /^\{/.test(left)
      ? (JSON.parse(left) as { site: string; run: string; since: number })
      : undefined;
    if (found) record(found.site, "drill", false, found.run, found.since, "interrupted");
  }
  await drop(place);
}

function labelOf({ stack }: Place): string {
  return `varvol.backup=${stack}/drill`;
}

async function drop(place: Place): Promise<void> {
  const filter = ["--filter", `label=${labelOf(place)}`];
  const ids = async (words: readonly string[]) =>
    (await output(["docker", ...words, ...filter], ALWAYS)).split("\n").filter(Boolean);
  const containers = await ids(["ps", "-aq"]);
  if (containers.length > 0) await runProgram(["docker", "rm", "-fv", ...containers], ALWAYS);
  const networks = await ids(["network", "ls", "-q"]);
  if (networks.length > 0) await runProgram(["docker", "network", "rm", ...networks], ALWAYS);
  remove(work);
  remove(journal);
}

/** A dump that was fetched, and what the snapshot's database held, if that is known. */
interface Fetched {
  readonly file: string;
  readonly contents: Contents | undefined;
}

interface Database {
  readonly server: Server;
  readonly tables: number;
  readonly rows: number;
  readonly prefix?: string;
}

/** A site in scratch containers. */
class Scratch {
  private readonly name: string;

  constructor(
    private readonly place: Place,
    private readonly site: SiteSubject,
    private readonly run: string,
    private readonly since: number,
  ) {
    this.name = `${place.namespace}drill`;
  }

  /** What the site's answer and its data came to, in words. Throws a Failure that says why it did not. */
  async prove(): Promise<string> {
    const { place } = this;
    const live = await this.liveContainers();
    fs.mkdirSync(restores, { recursive: true, mode: 0o700 });
    fs.mkdirSync(path.join(work, "new"), { recursive: true, mode: 0o700 });
    const dump = await this.fetch();
    const files = countFiles(path.join(work, "new"));
    // Without an address of the host's on it, the site doesn't reach what listens there either.
    const closed = ["--internal", "-o", "com.docker.network.bridge.inhibit_ipv4=true"];
    await this.docker(["network", "create", ...closed, "--label", labelOf(place), this.name]);
    const asker = await this.startAsker();
    const database = dump === undefined ? undefined : await this.startDatabase(live, dump);
    step("starting the site");
    const php = live.php && (await this.startPhp(live.php));
    const web = await this.like(live.web, "web");
    if (php) this.link(await one(php), await one(web));
    const answer = await this.judge(asker, web);
    if (database?.prefix !== undefined) await this.askPost(asker, database.server, database.prefix);
    const seconds = Math.round((Date.now() - this.since) / 1000);
    const counted = database && { tables: database.tables, rows: database.rows };
    say({ type: "drilled", answer, ...counted, files, seconds });
    const words = counted ? `${counted.tables} tables, ${counted.rows} rows; ` : "";
    return `answer ${answer}; ${words}${files} files; snapshot of ${momentOf(this.run)}`;
  }

  private async liveContainers() {
    const { place, site } = this;
    const [[web], [php], [server]] = await Promise.all([
      containersOf(place, site.name, "web"),
      containersOf(place, site.name, "php"),
      site.database ? containersOf(place, "mysql", "mysql") : [],
    ]);
    if (!web || (site.application && !php) || (site.database && !server))
      throw new Failure(
        "the site is not deployed, and a drill starts containers like its own; run: npx varvol up",
      );
    return { web, php, server };
  }

  /** Fetches the snapshot, and gives its dump, if it has one. */
  private fetch(): Promise<Fetched | undefined> {
    const { place, site, run } = this;
    return withRestic(place, "drill", async (restic) => {
      const where = { here: work, there: "/restore/.drill" };
      const fetch = new Fetch(restic, run, site.name, where, (reason) => new Failure(reason), 2);
      const { contents } = await fetch.manifest(site.kind, site.name);
      await fetch.files();
      return site.database ? { file: await fetch.database(), contents: contents?.[site.name] } : undefined;
    });
  }

  /** A shell with curl beside the site, as its gateway is. */
  private async startAsker(): Promise<string> {
    const net = await one(`${this.place.namespace}gateway-net`);
    const limits = [
      "--memory",
      "64m",
      "--read-only",
      "--cap-drop",
      "ALL",
      "--security-opt",
      "no-new-privileges",
    ];
    const as = ["--user", "65534:65534", "--entrypoint", "sleep", net.Image, "1h"];
    return this.docker(["run", "-d", "--init", ...this.own("asker"), ...limits, ...as]);
  }

  private async startDatabase(
    { server: original, php }: { server?: Container; php?: Container },
    dump: Fetched,
  ): Promise<Database> {
    const { site } = this;
    if (!original) throw new Failure("there is no database server");
    step("starting a database server");
    const container = await this.like(original, "mysql");
    await this.healthy("a database server", container);
    const server = new Server(container);
    const password = passwordOf(site.name);
    await server.createUser(site.name, password);
    const { contents } = await load(
      dump.file,
      { server, user: site.name, password, database: site.name },
      dump.contents,
      (reason) => new Failure(reason),
    );
    const prefix = site.application === "wordpress" ? await tablePrefix(server, site.name, php) : undefined;
    if (site.application === "wordpress") {
      if (prefix === undefined) throw new Failure("the dump has no WordPress in it");
      const why = php && (await tooNew(server, site.name, prefix, php.Id));
      if (why !== undefined) throw new Failure(why);
    }
    const rows = contents.tables.reduce((sum, [, count]) => sum + count, 0);
    return { server, tables: contents.tables.length, rows, ...(prefix !== undefined && { prefix }) };
  }

  private async startPhp(original: Container): Promise<string> {
    // What is due is not done here, neither in a while nor before php-fpm sleeps.
    const php = await this.like(original, "php", ["--env", "CRON_INTERVAL=86400", "--env", "PHP_IDLE="]);
    await this.healthy(applicationOf(this.site), php);
    return php;
  }

  /** nginx finds php-fpm by a link that the host turns. */
  private link(php: Container, web: Container): void {
    const at = ({ Mounts }: Container) =>
      Mounts.find(({ Destination }) => Destination === "/run/php")?.Source;
    const [sockets, links] = [at(php), at(web)];
    if (sockets === undefined || links === undefined)
      throw new Failure("the site's web server knows no php-fpm");
    const link = path.join(links, "fpm.sock");
    remove(link);
    fs.symlinkSync(path.join(path.relative(links, sockets), `php-${php.Id.slice(0, 12)}.sock`), link);
  }

  /** A page that asks who comes in may answer 401: what the live site says as well is no fault of the snapshot's. */
  private async judge(asker: string, web: string): Promise<number> {
    const answer = await this.ask(asker, "/");
    if ((answer >= 200 && answer < 400) || answer === CLOSED) return answer;
    if (answer >= 400 && answer < 500) {
      const live = await liveAnswer(this.place, this.site.domain);
      if (answer === live) return answer;
      throw new Failure(`its answer is ${answer}, and the live site's ${live}`);
    }
    throw new Failure(`its answer is ${String(answer).padStart(3, "0")}: ${await this.lastWords(web, 3)}`);
  }

  private async askPost(asker: string, server: Server, prefix: string): Promise<void> {
    const post = await newestPost(server, this.site.name, prefix);
    if (post === undefined) return;
    const answer = await this.ask(asker, `/?p=${encodeURIComponent(post)}`);
    if (answer < 200 || (answer >= 400 && answer !== CLOSED))
      throw new Failure(`its answer for the post ${plain(post)} is ${answer}`);
  }

  /** What the site answers there, as soon as it answers at all. */
  private async ask(asker: string, target: string): Promise<number> {
    const { domain } = this.site;
    const headers = [`Host: ${domain}`, `X-Forwarded-Host: ${domain}`, "X-Forwarded-Proto: https"];
    const curl = ["curl", "-s", "-o", "/dev/null", "-m", "30", "-w", "%{http_code}"];
    const words = [...curl, ...headers.flatMap((one) => ["-H", one]), `http://web:8080${target}`];
    for (let tries = 60; ; tries--) {
      const answer = Number((await runProgram(["docker", "exec", asker, ...words])).stdout) || 0;
      if (answer !== 0 || tries === 1) return answer;
      await sleep(500);
    }
  }

  /** Waits until a container's image says that it is healthy; not for long where it answers, and with an error. */
  private async healthy(what: string, container: string): Promise<void> {
    let deadline = Date.now() + 180_000;
    let erring = false;
    for (;;) {
      const { code, stdout, stderr } = await runProgram([
        "docker",
        "exec",
        container,
        "/usr/lib/varvol/healthy",
      ]);
      if (code === 0) return;
      const last = lastLines(stdout + stderr, 1);
      if (last.includes("answered") && !erring) [erring, deadline] = [true, Date.now() + 15_000];
      if (Date.now() >= deadline || !(await one(container)).State.Running)
        throw new Failure(`${what} does not start: ${last}\n${await this.lastWords(container, 5)}`);
      await sleep(500);
    }
  }

  private async lastWords(container: string, count: number): Promise<string> {
    const { stdout, stderr } = await runProgram(["docker", "logs", "--tail", String(count), container]);
    return (stdout + stderr).slice(-300 * count).trim();
  }

  /** Starts a container as that one is, found as its alias on the scratch network; gives its id. */
  private like(original: Container, alias: string, more: readonly string[] = []): Promise<string> {
    // It sends nothing, and does not wait for what would take it.
    const Env = original.Config.Env?.filter((one) => !one.startsWith("MAIL_")) ?? null;
    const options = likeOptions({ ...original, Config: { ...original.Config, Env } });
    const logs = ["--log-driver", "json-file", "--log-opt", "max-size=1m"];
    const folders = this.mounts(original).flatMap((mount) => ["--volume", mount]);
    return this.docker([
      ...["run", "-d", ...this.own(alias), ...logs, ...folders, ...options, ...more],
      ...[original.Image, ...(original.Config.Cmd ?? [])],
    ]);
  }

  private own(alias: string): string[] {
    const network = ["--network", this.name, "--network-alias", alias];
    return [
      ...network,
      "--name",
      `${this.name}-${alias}`,
      "--label",
      labelOf(this.place),
      "--cpu-shares",
      "128",
    ];
  }

  /** A container's folders, from the scratch copy. Only the secrets are the site's own, and nothing writes there. */
  private mounts({ Mounts }: Container): string[] {
    return Mounts.flatMap(({ Source, Destination, RW }) => {
      const owner = [path.join(root, this.site.name), path.join(root, "mysql")].find((one) =>
        Source.startsWith(`${one}/`),
      );
      if (owner === undefined) return [];
      const inner = path.relative(owner, Source);
      if (inner === "secrets") return [`${Source}:${Destination}:ro`];
      makeLike(owner, inner);
      return [`${path.join(work, "new", inner)}:${Destination}:${RW ? "rw" : "ro"}`];
    });
  }

  private async docker(words: readonly string[]): Promise<string> {
    return (await output(["docker", ...words])).trim();
  }
}

/** Makes a folder of the scratch copy, and those above it, as the site's own are. */
function makeLike(owner: string, inner: string): void {
  const names = inner.split("/");
  for (let i = 1; i <= names.length; i++) {
    const name = names.slice(0, i).join("/");
    const copy = path.join(work, "new", name);
    if (fs.existsSync(copy)) continue;
    const { uid, gid, mode } = fs.statSync(path.join(owner, name));
    fs.mkdirSync(copy);
    fs.chownSync(copy, uid, gid);
    fs.chmodSync(copy, mode & 0o7777);
  }
}

/** When a run was, by its name. */
function momentOf(run: string): string {
  return run.replace(/^(....)(..)(..)t(..)(..)(..).*$/, "$1-$2-$3T$4:$5:$6Z");
}
