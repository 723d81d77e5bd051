import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Interrupted } from "../../base/errors";
import { run } from "../../base/exec";
import type { Step } from "../../base/output";

const patience = 10_000;
const source = (): string => process.env.VARVOL_PULUMI_URL ?? "https://get.pulumi.com/releases/sdk";
const executables = ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"];

/** Fetches a URL; whoever sends nothing for ten seconds, at the start or later, is given up. */
async function get(url: string): Promise<{ body: Readable; size: number }> {
  const controller = new AbortController();
  const giveUp = (): void => controller.abort(new Error(`no answer in ${patience / 1000} s`));
  const timer = setTimeout(giveUp, patience);
  try {
    const response = await fetch(url, { signal: controller.signal });
    if (!response.ok || !response.body) throw new Error(`${url}: ${response.status} ${response.statusText}`);
    const alive = new Transform({
      transform(chunk, _encoding, done) {
        timer.refresh();
        done(null, chunk);
      },
    });
    const body = Readable.fromWeb(response.body as import("node:stream/web").ReadableStream);
    body.on("error", (error) => alive.destroy(error));
    alive.on("close", () => clearTimeout(timer));
    return { body: body.pipe(alive), size: Number(response.headers.get("content-length") ?? 0) };
  } catch (error) {
    clearTimeout(timer);
    throw error;
  }
}

async function text(url: string): Promise<string> {
  let all = "";
  for await (const chunk of (await get(url)).body) all += String(chunk);
  return all;
}

async function save(url: string, file: string, step: Step): Promise<void> {
  const { body, size } = await get(url);
  let received = 0;
  body.on("data", (chunk: Buffer) => {
    received += chunk.length;
    const whole = size ? ` of ${Math.round(size / 1e6)}` : "";
    step.detail(`downloading Pulumi, ${Math.round(received / 1e6)}${whole} MB`);
  });
  await pipeline(body, createWriteStream(file));
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

/** Removes what downloads have left that were killed. */
async function tidy(folder: string): Promise<void> {
  const prefix = `${basename(folder)}.download-`;
  for (const name of await readdir(dirname(folder))) {
    if (!name.startsWith(prefix)) continue;
    try {
      process.kill(Number(name.slice(prefix.length)), 0);
    } catch {
      await rm(join(dirname(folder), name), { recursive: true, force: true });
    }
  }
}

function why(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** Downloads the official engine into `folder`, which appears only when complete. Returns why it could not. */
export async function download(version: string, folder: string, step: Step): Promise<string | undefined> {
  const architecture = { x64: "x64", arm64: "arm64" }[process.arch as string];
  if (!architecture) return `there is none for ${process.arch}`;
  const archive = `pulumi-v${version}-linux-${architecture}.tar.gz`;
  const partial = `${folder}.download-${process.pid}`;
  try {
    await tidy(folder);
    const sums = await text(`${source()}/pulumi-${version}-checksums.txt`);
    const expected = sums
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .find(([, name]) => name === archive)?.[0];
    if (!expected) return `no checksum for ${archive}`;
    const bin = join(partial, "bin");
    const file = join(partial, archive);
    await mkdir(bin, { recursive: true });
    await mkdir(join(partial, "home"));
    await save(`${source()}/${archive}`, file, step);
    if ((await sha256(file)) !== expected) return `the checksum of ${archive} is wrong`;
    const members = executables.map((name) => `pulumi/${name}`);
    await run(["tar", "-xzf", file, "-C", bin, "--strip-components=1", "--no-same-owner", ...members]);
    await rm(file);
    await writeFile(join(partial, "engine.json"), JSON.stringify({ source: "download", version }) + "\n");
    // Fails when another run was first: its engine is as good.
    await rename(partial, folder).catch(() => undefined);
    return undefined;
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    return why(error);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}
