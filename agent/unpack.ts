import * as fs from "node:fs";
import * as path from "node:path";
import type { Readable } from "node:stream";
import * as z from "zod";
import { arrangePages, arrangeWordPress } from "./arrange";
import { extract } from "./extract";
import { Failure, lastLines, plain } from "./failure";
import { beginImport, isUnproven, tellLeftOut } from "./imports";
import { unpackParts } from "./inner";
import { discard, missing } from "./load";
import { lock } from "./lock";
import { isRestoring, list, remove } from "./place";
import { decodeNames } from "./names";
import { CONTENT_FOLDER, ROOT_FOLDER } from "./places";
import { both, ended, output, start } from "./process";
import { clean, makeRelative, settleLinks } from "./prune";
import { type RequestOf, unpackedAs } from "./protocol";
import { allowSettingAside, setAside as setAsideIn } from "./setAside";

const NOBODY = 65534;
/** Where the unpacking container sees the new folder, which is all that it sees. */
const OUT = "/out";

type Asked = RequestOf<"unpack">;

/** Fills an empty folder of a volume from a stranger's folder or archive. Nothing happens where the folder holds anything. */
export async function unpack(asked: Asked): Promise<void> {
  const { target, source, owner } = asked;
  const volume = path.dirname(target);
  const name = path.basename(volume);
  const held = await lock(`volume-${name}`, "import");
  const temporary = path.join(volume, `.${path.basename(target)}.filling`);
  try {
    if (isRestoring()) return discard(source);
    if (list(target).length > 0) {
      // A first try has filled it: what the second one allows in addition holds for the site's next start.
      if (asked.setAside && isUnproven(name)) allowSettingAside(target);
      return discard(source);
    }
    if (!fs.existsSync(source)) throw missing(source, "correct the path in the site's import");
    beginImport(name);
    remove(temporary);
    fs.mkdirSync(temporary, { mode: 0o700 });
    fs.chownSync(temporary, NOBODY, NOBODY);
    const left = await unpackApart(asked, temporary);
    await own(temporary, owner);
    if (asked.as === "wordpress") {
      // The other one last: what has anything in it is not filled again.
      const beside = path.join(volume, ROOT_FOLDER);
      const found = path.join(temporary, ROOT_FOLDER);
      if (list(beside).length === 0) replace(found, beside);
      else left.push(...list(found).map((one) => `${plain(one)}: something lies beside WordPress already`));
      replace(path.join(temporary, CONTENT_FOLDER), target);
    } else replace(temporary, target);
    discard(source);
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
async function unpackApart({ image, source, as, moved, setAside }: Asked, folder: string): Promise<string[]> {
  const limits = ["--memory", "256m", "--memory-swap", "256m", "--pids-limit", "64"];
  const alone = [
    "--network",
    "none",
    "--read-only",
    "--cap-drop",
    "ALL",
    "--security-opt",
    "no-new-privileges",
  ];
  const child = start(
    [
      ...["docker", "run", "--rm", "-i", "--init", "--pull", "never", "--log-driver", "none"],
      ...[...alone, ...limits, "--user", `${NOBODY}:${NOBODY}`, "-v", `${folder}:${OUT}`],
      ...[image, "unpack", JSON.stringify({ as, moved, setAside })],
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

function replace(filled: string, target: string): void {
  if (fs.existsSync(target)) {
    fs.chmodSync(filled, fs.statSync(target).mode & 0o7777);
    fs.rmdirSync(target);
  }
  fs.renameSync(filled, target);
}

/** The part of that which runs in the container: unpacks its input, and leaves nothing but the site's own files. */
export async function unpackHere(): Promise<void> {
  const { as, moved, setAside } = unpackedAs.parse(JSON.parse(process.argv[3] ?? ""));
  const said = await extract(process.stdin, OUT);
  if (said.problem !== undefined)
    throw new Failure(`is no complete tar archive (${plain(said.problem)}); make it anew`);
  fs.chmodSync(OUT, 0o700);
  // The names of pages and code stay as they are: their own links name them by whatever bytes they have.
  const left = [...said.leftOut, ...(as === "wordpress" ? decodeNames(OUT) : []), ...clean(OUT)];
  if (as === "wordpress") left.push(...(await unpackParts(OUT)), ...clean(OUT));
  makeRelative(OUT);
  if (as === "wordpress") left.push(...arrangeWordPress(OUT, moved));
  if (setAside) left.push(...setAsideIn(path.join(OUT, CONTENT_FOLDER)));
  if (as !== "wordpress")
    left.push(...(as === "pages" ? arrangePages(OUT) : settleLinks(OUT, { folder: OUT })));
  process.stdout.write(`${JSON.stringify(left.map(plain))}\n`);
}
