import type { Readable } from "node:stream";
import { aloneWithRepository } from "./alone";
import { expiredLines, keepOptions, readExpired } from "./expired";
import { Failure, lastLines } from "./failure";
import { readPlace } from "./place";
import type { ExpiredRun, Keep, RequestOf } from "./protocol";
import { type Restic, withRestic } from "./restic";
import { say } from "./say";

/** All snapshots, as restic tells of them. */
export async function snapshots(): Promise<void> {
  await withRestic(readPlace(), "read", async (restic) => {
    const { code, stdout } = await restic.run(["snapshots", "--json", "--no-lock"]);
    if (code !== 0) throw new Failure(restic.reason(code));
    say({ type: "snapshots", json: stdout });
  });
}

/** The input's next bytes become a snapshot of the host itself; fewer are none. */
export async function keep({ run, file, bytes }: RequestOf<"keep">, input: Readable): Promise<void> {
  const place = readPlace();
  const held = await aloneWithRepository(place, "host-backup");
  try {
    await withRestic(place, "write", async (restic) => {
      await restic.unlock();
      const tags = ["--host", place.stack, "--tag", `run=${run},part=host,complete`];
      const whole = [
        "--stdin-filename",
        `/${file}`,
        "--stdin-from-command",
        "--",
        "/usr/lib/varvol/of-size",
        String(bytes),
      ];
      const { code, stderr } = await restic.run(["backup", "--quiet", ...tags, ...whole], { input });
      if (code !== 0) throw new Failure(`${restic.reason(code)}: ${lastLines(stderr, 2)}`);
    });
  } finally {
    await held.release();
  }
}

/** Gives a file of the host's own snapshot again. */
export async function cat({ run, file }: RequestOf<"cat">): Promise<void> {
  await withRestic(readPlace(), "read", async (restic) => {
    const words = ["dump", "--no-lock", "--tag", `run=${run},part=host`, "latest", `/${file}`];
    const { code, stdout } = await restic.run(words);
    if (code !== 0) throw new Failure(restic.reason(code));
    say({ type: "file", text: stdout });
  });
}

/** The runs that are not kept, and those that were cut off. */
export async function expired({ sites }: RequestOf<"expired">): Promise<void> {
  say({ type: "expired", runs: await allExpired(sites) });
}

function allExpired(sites: RequestOf<"expired">["sites"]): Promise<ExpiredRun[]> {
  return withRestic(readPlace(), "read", async (restic) => {
    const all: ExpiredRun[] = [];
    for (const { name, keep: kept } of sites) all.push(...(await expiredOf(restic, name, kept)));
    return all;
  });
}

async function expiredOf(restic: Restic, name: string, kept: Keep): Promise<ExpiredRun[]> {
  const { code, stdout } = await restic.tool(["/usr/lib/varvol/expired", name, ...keepOptions(kept)]);
  if (code !== 0) throw new Failure(restic.reason(code));
  return readExpired(stdout);
}

/** Removes runs for good. The last snapshot of each goes first: a run without it is none. */
export async function forget({ runs }: RequestOf<"forget">): Promise<void> {
  if (runs.length === 0) return;
  const place = readPlace();
  const held = await aloneWithRepository(place, "forget");
  try {
    await withRestic(place, "write", async (restic) => {
      await restic.unlock();
      const { code, stderr } = await restic.tool(["/usr/lib/varvol/forget"], { input: expiredLines(runs) });
      if (code !== 0)
        throw new Failure(code < 10 ? lastLines(stderr, 3) || restic.reason(code) : restic.reason(code));
    });
  } finally {
    await held.release();
  }
}

/** Removes what is not kept of those names. */
export async function removeExpired(sites: RequestOf<"expired">["sites"]): Promise<void> {
  await forget({ job: "forget", runs: await allExpired(sites) });
}
