import * as fs from "node:fs";
import * as path from "node:path";
import type { Readable } from "node:stream";
import * as z from "zod";
import { Failure, lastLines, plain } from "./failure";
import { beginImport, isUnproven, tellLeftOut } from "./imports";
import { discard, missing } from "./load";
import { lock } from "./lock";
import { isRestoring, list, remove } from "./place";
import { both, ended, output, start } from "./process";
import { allowSettingAside, setAside as setAsideIn } from "./setAside";
import type { RequestOf } from "./protocol";
import { bytes, entries, shown } from "./tree";

const NOBODY = 65534;
/** Where the unpacking container sees the new folder, which is all that it sees. */
const OUT = "/out";
/** Folders below each other; a file's path ends at 4096 bytes anyway. */
const DEEPEST = 100;
/** Part of the disk that no import may take. */
const RESERVE = 0.05;

/** Fills an empty folder of a volume from a stranger's folder or archive. Nothing happens where the folder holds anything. */
export async function unpack({ image, target, source, owner, setAside }: RequestOf<"unpack">): Promise<void> {
  const held = await lock(`volume-${path.basename(path.dirname(target))}`, "import");
  const temporary = path.join(path.dirname(target), `.${path.basename(target)}.filling`);
  try {
    if (isRestoring()) return discard(source);
    if (list(target).length > 0) {
      // A first try has filled it: what the second one allows in addition holds for the site's next start.
      if (setAside && isUnproven(path.basename(path.dirname(target)))) allowSettingAside(target);
      return discard(source);
    }
    if (!fs.existsSync(source)) throw missing(source, "correct the path in the site's import");
    beginImport(path.basename(path.dirname(target)));
    remove(temporary);
    fs.mkdirSync(temporary, { mode: 0o700 });
    fs.chownSync(temporary, NOBODY, NOBODY);
    const left = await unpackApart(image, source, temporary, setAside ? ["set-aside"] : []);
    await own(temporary, owner);
    replace(temporary, target);
    discard(source);
    const name = path.basename(path.dirname(target));
    tellLeftOut({ type: "left-out", name, what: "entries", count: left.length, first: left.slice(0, 10) });
  } catch (error) {
    if (error instanceof Failure) discard(source);
    throw error;
  } finally {
    remove(temporary);
    await held.release();
  }
}

const leftOutSchema = z.array(z.string());

/** As nobody, in a container that sees nothing but the new folder, and no network; gives what was left out. */
async function unpackApart(
  image: string,
  source: string,
  folder: string,
  options: readonly string[],
): Promise<string[]> {
  const limits = ["--memory", "256m", "--memory-swap", "256m", "--pids-limit", "64"];
  const child = start(
    [
      ...[
        "docker",
        "run",
        "--rm",
        "-i",
        "--init",
        "--pull",
        "never",
        "--network",
        "none",
        "--read-only",
        ...limits,
      ],
      ...["--log-driver", "none", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
      ...[
        "--user",
        `${NOBODY}:${NOBODY}`,
        "-v",
        `${folder}:${OUT}`,
        image,
        "unpack",
        path.basename(source),
        ...options,
      ],
    ],
    ["pipe", "pipe", "pipe"],
  );
  const isFolder = fs.statSync(source).isDirectory();
  // Of a folder, too: what is read as root is never written as root.
  const packing = isFolder
    ? start(["tar", "-C", source, "-cf", "-", "."], ["ignore", "pipe", "pipe"])
    : undefined;
  const input: Readable | null | undefined = packing ? packing.stdout : fs.createReadStream(source);
  child.stdin?.on("error", () => input?.destroy());
  if (child.stdin) input?.pipe(child.stdin);
  const out: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout?.on("data", (data: Buffer) => out.push(data));
  child.stderr?.on("data", (data: Buffer) => errors.push(data));
  const [code, packed] = await both(ended(child), packing ? ended(packing) : Promise.resolve(0));
  if (packed > 1) throw new Failure(`import: ${source} can't be read whole`);
  if (code !== 0)
    throw new Failure(
      `import: ${source} ${lastLines(Buffer.concat(errors).toString(), 1) || "can't be unpacked"}`,
    );
  return leftOutSchema.parse(JSON.parse(Buffer.concat(out).toString()));
}

async function own(folder: string, owner: string): Promise<void> {
  await output(["chown", "-Rh", owner, folder]);
  await output(["chmod", "-R", "u+rwX,go-w,g+rX,ug-s,-t", folder]);
}

function replace(temporary: string, target: string): void {
  if (fs.existsSync(target)) {
    fs.chmodSync(temporary, fs.statSync(target).mode & 0o7777);
    fs.rmdirSync(target);
  }
  fs.renameSync(temporary, target);
}

/** The part of that which runs in the container: unpacks its input, and leaves nothing but files, folders and links inside. */
export async function unpackHere(): Promise<void> {
  const name = process.argv[3] ?? "";
  const said = await extract();
  if (said.problem !== undefined)
    throw new Failure(`is no complete tar archive (${plain(said.problem)}); make it anew`);
  fs.chmodSync(OUT, 0o700);
  const tree = path.join(OUT, inner(name) ?? "");
  const left = [...said.leftOut, ...prune(tree)];
  if (tree !== OUT) lift(tree);
  if (process.argv[4] === "set-aside") left.push(...setAsideIn(OUT));
  process.stdout.write(`${JSON.stringify(left.map(plain))}
`);
}

/** Of tar's words those that tell of an entry that is left out on purpose, and those that tell of nothing. */
const REFUSED = /: Cannot mknod: |: Member name contains '\.\.'|: Cannot hard link to /;
const HARMLESS = /Exiting with failure status|Removing leading|implausibly old|in the future/;

async function extract(): Promise<{ problem?: string; leftOut: string[] }> {
  const { first, input } = await begin(process.stdin);
  const how = ["--no-same-owner", "--no-same-permissions", "--delay-directory-restore"];
  const tar = start(
    ["tar", "-x", ...packing(first), "-f", "-", "-C", OUT, ...how],
    ["pipe", "ignore", "pipe"],
    // What it says of entries is read below.
    { env: { LC_ALL: "C" } },
  );
  const errors: Buffer[] = [];
  tar.stderr?.on("data", (data: Buffer) => errors.push(data));
  tar.stdin?.on("error", () => input.destroy());
  tar.stdin?.write(first);
  if (tar.stdin) input.pipe(tar.stdin);
  let full = false;
  const watch = setInterval(() => {
    const { bavail, blocks, ffree, files } = fs.statfsSync(OUT);
    full = bavail < blocks * RESERVE || (files > 0 && ffree < files * RESERVE);
    if (full) tar.kill();
  }, 200);
  const code = await ended(tar).finally(() => clearInterval(watch));
  if (full)
    throw new Failure(
      `does not fit: it would leave less than ${RESERVE * 100} % of the disk free; make room`,
    );
  const lines = Buffer.concat(errors)
    .toString()
    .split("\n")
    .filter((line) => line && !HARMLESS.test(line));
  const leftOut = lines.filter((line) => REFUSED.test(line));
  const problem = code === 0 ? undefined : lines.filter((line) => !REFUSED.test(line)).at(-1);
  const silent = code !== 0 && lines.length === 0 ? `tar ended with code ${code}` : undefined;
  return {
    leftOut: leftOut.map((line) => line.replace(/^tar: /, "")),
    ...((problem ?? silent) && { problem: problem ?? silent }),
  };
}

/** The first bytes of a stream, which tell how it is packed, and the rest of it. */
function begin(input: Readable): Promise<{ first: Buffer; input: Readable }> {
  return new Promise((resolve, reject) => {
    let first = Buffer.alloc(0);
    const done = (): void => {
      input.removeAllListeners();
      input.pause();
      resolve({ first, input });
    };
    input.on("data", (data: Buffer) => {
      first = Buffer.concat([first, data]);
      if (first.length >= 6) done();
    });
    input.on("end", done);
    input.on("error", reject);
  });
}

function packing(first: Buffer): string[] {
  const magic = first.toString("latin1", 0, 6);
  if (magic.startsWith("\x1f\x8b")) return ["-z"];
  if (magic.startsWith("BZh")) return ["-j"];
  if (magic === "\xfd7zXZ\0") return ["-J"];
  if (magic.startsWith("\x28\xb5\x2f\xfd")) return ["--zstd"];
  return [];
}

/** The one folder of an archive that is of the folder itself rather than of its content. */
function inner(source: string): string | undefined {
  const [only, ...more] = entries(OUT);
  if (only?.sort !== "folder" || more.length > 0) return undefined;
  const name = shown(only.name);
  return name === "wp-content" || name === source ? only.name : undefined;
}

function lift(tree: string): void {
  // Beside all that the archive may have called something.
  const moved = fs.mkdtempSync(path.join(OUT, ".varvol-"));
  fs.renameSync(bytes(tree), path.join(moved, "inner"));
  for (const { name } of entries(`${moved}/inner`))
    fs.renameSync(bytes(`${moved}/inner/${name}`), bytes(`${OUT}/${name}`));
  fs.rmdirSync(path.join(moved, "inner"));
  fs.rmdirSync(moved);
}

/** Removes what is neither file, folder nor a link inside the tree, and gives what that was. */
export function prune(tree: string): string[] {
  const removed: string[] = [];
  const whole = real(tree);
  const drop = (file: string, why: string): void => {
    fs.rmSync(bytes(file), { recursive: true, force: true });
    removed.push(`${shown(path.relative(tree, file))}: ${why}`);
  };
  const walk = (folder: string, depth: number): void => {
    for (const { name, sort } of entries(folder)) {
      const file = `${folder}/${name}`;
      if (sort === "link") {
        if (!staysInside(whole, file)) drop(file, "a link out of the import");
      } else if (sort === "folder") {
        if (depth >= DEEPEST) drop(file, `deeper than ${DEEPEST} folders`);
        else {
          fs.chmodSync(bytes(file), 0o700 | (fs.statSync(bytes(file)).mode & 0o777));
          walk(file, depth + 1);
        }
      } else if (sort === "other") drop(file, "neither a file nor a folder");
      else if (isMacs(file, name)) drop(file, "a Mac's own attributes of a file");
    }
  };
  walk(tree, 0);
  return removed;
}

/** What macOS packs beside each file: AppleDouble, as RFC 1740 has it. */
function isMacs(file: string, name: string): boolean {
  if (!name.startsWith("._")) return false;
  const begin = Buffer.alloc(4);
  const descriptor = fs.openSync(bytes(file), "r");
  fs.readSync(descriptor, begin, 0, 4, 0);
  fs.closeSync(descriptor);
  return begin.equals(Buffer.from([0x00, 0x05, 0x16, 0x07]));
}

/** Whether a link leads to a place inside the tree, whether there is something or not. */
function staysInside(tree: string, link: string): boolean {
  const to = fs.readlinkSync(bytes(link), { encoding: "buffer" }).toString("latin1");
  const target = path.resolve(real(path.dirname(link)), to);
  let there = target;
  // As far as there is something, links on the way count as well.
  while (!fs.existsSync(bytes(there)) && there !== path.dirname(there)) there = path.dirname(there);
  const end = path.join(real(there), path.relative(there, target));
  const inside = (file: string) => file === tree || file.startsWith(`${tree}/`);
  return inside(end) && inside(target);
}

function real(file: string): string {
  return fs.realpathSync.native(bytes(file), { encoding: "buffer" }).toString("latin1");
}
