import * as fs from "node:fs";
import * as path from "node:path";
import { Failure } from "./failure";

/** The volume root, at the same path as on the host. */
export const root = process.env.VARVOL_ROOT ?? "/var/vol";
export const state = path.join(root, ".varvol");
export const settings = path.join(state, "backup");
export const bin = path.join(state, "bin");
/** Where restic puts what it restores: folders of one filesystem with the sites' own. */
export const restores = path.join(state, "restore");

/** Whose host this is, and where its backups go; the job `repository` has written it down. */
export interface Place {
  readonly stack: string;
  /** Prefix of its containers. */
  readonly namespace: string;
  readonly image: string;
  readonly location: string;
}

export function readPlace(): Place {
  const [host, location] = [read(path.join(settings, "host")), read(path.join(settings, "location"))];
  if (host === undefined || location === undefined)
    throw new Failure(
      "no backups are set up on this host: put varvol:backup into the stack file and run: npx varvol up",
    );
  const [stack = "", namespace = ".", image = ""] = host.trim().split(" ");
  return { stack, namespace: namespace.slice(1), image, location: location.trim() };
}

/** A file's text; undefined where there is none. */
export function read(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Writes a file that only root reads, all at once. */
export function write(file: string, text: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}`);
  fs.writeFileSync(temporary, text, { mode: 0o600 });
  fs.renameSync(temporary, file);
}

/** Names in a folder; none where it is not there. */
export function list(folder: string): string[] {
  try {
    return fs.readdirSync(folder).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

export function remove(file: string): void {
  fs.rmSync(file, { recursive: true, force: true });
}

/** While a lost host comes back, what is there is not what is to be kept. */
export function isRestoring(): boolean {
  return fs.existsSync(path.join(state, "restoring"));
}
