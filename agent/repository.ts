import * as fs from "node:fs";
import * as path from "node:path";
import { Failure } from "./failure";
import { lock } from "./lock";
import { type Place, read, readPlace, remove, settings, write } from "./place";
import type { RequestOf } from "./protocol";
import { Missing, Restic, said, withRestic } from "./restic";
import { step } from "./say";

/**
 * Which repository this host's backups go to. It is made where there was none, unless only an existing one will do; one
 * that was there and is gone is not made anew.
 */
export async function repository(request: RequestOf<"repository">): Promise<void> {
  const held = await lock("backup", "repository");
  const before = read(file("location"));
  const former = read(file("password"));
  let done = false;
  try {
    keep(request);
    const known = before?.trim() === request.location;
    await opened(readPlace(), request, known, former);
    done = true;
  } finally {
    // What was not got to work is not remembered as known.
    if (!done) {
      if (before === undefined) remove(file("location"));
      else write(file("location"), before);
    }
    await held.release();
  }
}

function keep({ stack, namespace, image, location, password, credentials }: RequestOf<"repository">): void {
  fs.mkdirSync(settings, { recursive: true, mode: 0o700 });
  fs.chmodSync(settings, 0o700);
  write(file("host"), `${stack} .${namespace} ${image}\n`);
  if (credentials === "") remove(file("credentials"));
  else write(file("credentials"), credentials);
  write(file("password"), password);
  write(file("location"), `${location}\n`);
}

async function opened(
  place: Place,
  { existing }: RequestOf<"repository">,
  known: boolean,
  former: string | undefined,
): Promise<void> {
  const { code, words } = await tried(place);
  const { location } = place;
  if (code === 0) return;
  if (code === 10) {
    if (existing)
      throw new Failure(`there is no backup repository in ${location}; correct the path or address`);
    // An `up` is not held up by a disk that is away; the next backup says so.
    if (known) return step(`missing: ${location}`);
    const made = await withRestic(place, "make", (restic) => restic.run(["init", "--quiet"]));
    if (made.code !== 0)
      throw new Failure(`the backup repository ${location} can't be made: ${said(made.stderr)}`);
    return;
  }
  if (code !== 12) throw new Failure(`the backup repository ${location} can't be opened: ${words}`);
  if (former !== undefined && (await addsKey(place, former))) return;
  if (former !== undefined) write(file("password"), former);
  throw new Failure(
    `the backup repository ${location} has another password than this host; it is not touched. If it is this host's, restore the stack's state from it (npx varvol host-restore); if not, name another one in varvol:backup.repository`,
  );
}

async function tried(place: Place): Promise<{ code: number; words: string }> {
  try {
    return await withRestic(place, "write", async (restic) => {
      const { code, stderr } = await restic.run(["cat", "config", "--no-lock"]);
      return { code, words: said(stderr) };
    });
  } catch (error) {
    if (error instanceof Missing) return { code: 10, words: error.message };
    throw error;
  }
}

/** The stack's secrets were made anew: where the former password still opens it, the new one gets a key too. */
function addsKey(place: Place, former: string): Promise<boolean> {
  return withRestic(place, "write", async (restic: Restic) => {
    const kept = await restic.tool(["sh", "-c", "cat > /tmp/before"], { input: former });
    const add = "exec /usr/lib/varvol/restic key add --quiet --new-password-file /run/secrets/password";
    const added = await restic.tool(["sh", "-c", `RESTIC_PASSWORD_FILE=/tmp/before ${add}`]);
    return kept.code === 0 && added.code === 0;
  });
}

function file(name: string): string {
  return path.join(settings, name);
}
