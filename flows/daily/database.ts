import { spawn } from "node:child_process";
import { createWriteStream, existsSync, renameSync, rmSync } from "node:fs";
import { basename, resolve } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { dumpProblem } from "../../agent/dumpText";
import type { LeftOut } from "../../agent/protocol";
import { newReport, ownStatements } from "../../agent/statements";
import { UserError } from "../../base/errors";
import { attempt, lastLines } from "../../base/exec";
import { step } from "../../base/output";
import { machineOf } from "../../machine/host";
import { receive, toolCommand } from "../../machine/tools";
import type { HostConfig } from "../../stacks/config";
import { type SiteConfig, siteSubjectOf } from "../../stacks/kinds";
import { readLock } from "../../stacks/lock";
import { backupImage } from "../backup/image";
import { answer, askAgent } from "../backup/repository";
import { followFetch } from "../backup/text";
import { coreOf, siteProblem, wordPressesIn } from "../import/dump";
import { takesWordPress } from "../import/layout";

/** The text is UTF-8 with four bytes, whatever a server or client takes for its own: a face is no question mark. */
const HOW = [
  ...["--default-character-set=utf8mb4", "--max-allowed-packet=1G", "--single-transaction", "--quick"],
  ...["--routines", "--triggers", "--events", "--hex-blob"],
];

/** Writes a site's database to a file of this machine (gzip where it ends in .gz), or to standard output; gives its bytes. */
export async function exportDatabase(
  config: HostConfig,
  { name }: SiteConfig,
  file: string | undefined,
): Promise<number> {
  const words = ["docker", "exec", `${config.namespace}mysql`, "mariadb-dump", ...HOW, "--", name];
  const [program = "", ...rest] = machineOf(config).command(words);
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-4000)));
  const ended = new Promise<number>((done) => {
    child.on("error", (error) => {
      said = error.message;
      done(127);
    });
    child.on("close", (code) => done(code ?? 1));
  });
  const end = new Ending();
  // Nobody elsewhere has this host's users: whoever runs a definition is whom it is of.
  const parts = [child.stdout, ownStatements(newReport()), end];
  const partial = file === undefined ? undefined : `${file}.partial`;
  try {
    if (partial === undefined) await pipeline([...parts, process.stdout], { end: false });
    else {
      const target = createWriteStream(partial, { mode: 0o600 });
      await pipeline(file?.endsWith(".gz") ? [...parts, createGzip(), target] : [...parts, target]);
    }
    const code = await ended;
    if (code !== 0 || !end.isWhole)
      throw new UserError(
        `The export of ${name} is not whole: ${lastLines(said, 2) || `mariadb-dump ended with code ${code}`}`,
        "Nothing was kept of it.",
      );
    if (partial !== undefined && file !== undefined) renameSync(partial, file);
    return end.bytes;
  } finally {
    if (partial !== undefined) rmSync(partial, { force: true });
  }
}

/** Passes a dump on, and says whether it has come to its end. */
class Ending extends Transform {
  bytes = 0;
  private begun = false;
  private last = Buffer.alloc(0);

  get isWhole(): boolean {
    return /^-- Dump completed/m.test(this.last.toString("latin1"));
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error?: null, data?: Buffer) => void) {
    const piece = this.begun ? chunk : withoutSandbox(chunk);
    this.begun = true;
    this.bytes += piece.length;
    this.last = Buffer.concat([this.last, piece]).subarray(-200);
    done(null, piece);
  }
}

/** The first line of newer dumps: clients of before it, MySQL's among them, refuse all that follows. */
export function withoutSandbox(beginning: Buffer): Buffer {
  const line = /^\/\*M?!999999\\?-[^\n]*\n/.exec(beginning.toString("latin1", 0, 200))?.[0];
  return line === undefined ? beginning : beginning.subarray(line.length);
}

/** What came of an import. */
export interface Imported {
  /** Where what was there is kept, on the host. */
  readonly kept: string;
  /** Seconds that the site was away. */
  readonly away: number;
  readonly leftOut?: LeftOut;
}

/** Puts a dump of this machine in the place of what a site's database holds. */
export async function importDatabase(config: HostConfig, site: SiteConfig, file: string): Promise<Imported> {
  const dump = resolve(file);
  if (!existsSync(dump)) throw new UserError(`${dump}: there is no such file`);
  const problem = (await dumpProblem(dump)) ?? (await wordPressProblem(site, dump));
  if (problem !== undefined) throw new UserError(`${dump} ${problem}`, "Nothing was changed.");
  const image = await backupImage(config);
  const said = await step(`Import of ${basename(dump)} into ${site.name}`, async (s) => {
    const source = config.ssh ? await sent(config, dump) : dump;
    const { stack, namespace } = config;
    const request = { job: "replace" as const, stack, namespace, site: siteSubjectOf(site), dump: source };
    return askAgent(config, request, { image, source, onMessage: followFetch(s) });
  });
  const leftOut = said.find((one) => one.type === "left-out");
  return {
    kept: answer(said, "dump").file,
    away: answer(said, "restored").away,
    ...(leftOut && { leftOut }),
  };
}

/** What is wrong with a dump for the WordPress that it is to be of; undefined for another kind of site. */
async function wordPressProblem(site: SiteConfig, dump: string): Promise<string | undefined> {
  if (!takesWordPress(site.kind)) return undefined;
  const core = site.image === undefined ? coreOf(readLock(), site.name) : undefined;
  return siteProblem(await wordPressesIn(dump), "prefix" in site ? site.prefix : undefined, core);
}

/** Sends a file to the host, and gives its path there. */
async function sent(config: HostConfig, file: string): Promise<string> {
  const path = `${config.volumeRoot}/.varvol/import/sql-${process.pid}-${basename(file).replaceAll(/[^\w.-]/g, "-")}`;
  const words = machineOf(config).command(toolCommand(config.volumeRoot, receive, { path, kind: "file" }));
  const { code, stderr } = await attempt(["sh", "-c", 'exec "$@" < "$0"', file, ...words]);
  if (code !== 0) throw new UserError(`${file} can't be sent: ${lastLines(stderr, 2)}`);
  return path;
}
