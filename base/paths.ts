import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";

export interface Paths {
  /** The project's folder, where Pulumi.yaml is. */
  repo: string;
  /** What this machine keeps for the project, not under version control. */
  folder: string;
  state: string;
  passphrase: string;
  /** Executables that npm brought, a fitting Node.js among them. */
  bin: string;
  /** What can be had again: shared by all checkouts, in the user's cache folder. */
  cache: string;
}

export function paths(env: NodeJS.ProcessEnv = process.env, repo = dirname(__dirname)): Paths {
  const folder = join(repo, ".varvol");
  const xdg = env.XDG_CACHE_HOME;
  return {
    repo,
    folder,
    state: join(folder, "state"),
    passphrase: join(folder, "passphrase"),
    bin: join(repo, "node_modules", ".bin"),
    cache: join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), ".cache"), "varvol"),
  };
}

/** The stacks whose files, Pulumi.<stack>.yaml, are among the names. */
export function stacksAmong(names: readonly string[]): string[] {
  return names.flatMap((name) => /^Pulumi\.([A-Za-z0-9._-]+)\.yaml$/.exec(name)?.[1] ?? []).sort();
}
