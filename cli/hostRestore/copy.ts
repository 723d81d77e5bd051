import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostConfig } from "../../stacks/config";
import { readLock } from "../../stacks/lock";
import { HOST_FILE, type HostCopy, secretsOnly, standsForThings } from "../backup/hostCopy";
import { backupTool, listRuns } from "../backup/repository";
import { chooseRun, runAt } from "../backup/runs";
import { UserError } from "../errors";
import { lastLines } from "../exec";
import type { VerbOptions } from "../options";
import { ensureStack, type Stack } from "../stack";
import { openRepository, type Opened } from "./bootstrap";

/** What the repository has of a host. */
export interface Found {
  readonly copy: HostCopy;
  readonly run: string;
  /** The snapshots to restore, by site and module. */
  readonly runs: ReadonlyMap<string, string>;
}

/** Reads the host's own snapshot by tools that are put into a folder for just that. */
export async function readCopy(options: VerbOptions, opened: Opened): Promise<Found> {
  const volumeRoot = mkdtempSync(join(tmpdir(), "varvol-restore-"));
  try {
    const config = { stack: options.stack, namespace: "", volumeRoot, lock: readLock() } as HostConfig;
    await openRepository(config, opened);
    const all = await listRuns(config);
    const { run } = chooseRun(all, undefined, options.snapshot);
    const copy = JSON.parse(await backupTool(config, ["backups", "cat", run, HOST_FILE])) as HostCopy;
    const runs = copy.names.flatMap((name): [string, string][] => {
      const found = runAt(all, name, options.snapshot && run);
      return found ? [[name, found.run]] : [];
    });
    return { copy, run, runs: new Map(runs) };
  } finally {
    rmSync(volumeRoot, { recursive: true, force: true });
  }
}

/** Gives the stack the passwords, keys and certificates of the lost host. */
export async function importSecrets(stack: Stack, copy: HostCopy, resumed: boolean): Promise<void> {
  await ensureStack(stack);
  const present = await stack.pulumi(["stack", "export"]);
  if (present.code !== 0)
    throw new UserError(`The state of ${stack.name} can't be read: ${lastLines(present.stderr, 3)}`);
  if (standsForThings(present.stdout)) {
    if (resumed) return;
    throw new UserError(
      `The stack ${stack.name} has a state here already.`,
      "Restore single sites with `npx varvol restore`; or remove the stack first: npx varvol destroy, then pulumi stack rm",
    );
  }
  const imported = await stack.pulumi(["stack", "import"], {
    input: secretsOnly(copy, stack, present.stdout),
  });
  if (imported.code !== 0)
    throw new UserError(`The state of ${stack.name} can't be written: ${lastLines(imported.stderr, 3)}`);
}
