import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../base/errors";
import { exportState, importState } from "../../engine/exported";
import { ensureStack } from "../../engine/newStack";
import { type Stack } from "../../engine/stack";
import type { HostConfig } from "../../stacks/config";
import { readLock } from "../../stacks/lock";
import { HOST_FILE, type HostCopy, secretsOnly, standsForThings } from "../backup/hostCopy";
import { answer, askAgent, listRuns } from "../backup/repository";
import { chooseRun, runAt } from "../backup/runs";
import { openRepository, type Opened } from "./bootstrap";

/** What the repository has of a host. */
export interface Found {
  readonly copy: HostCopy;
  readonly run: string;
  /** The snapshots to restore, by site and module. */
  readonly runs: ReadonlyMap<string, string>;
}

/** Reads the host's own snapshot by tools that are put into a folder for just that. */
export async function readCopy(
  options: { readonly stack: string; readonly snapshot?: string },
  opened: Opened,
): Promise<Found> {
  const volumeRoot = mkdtempSync(join(tmpdir(), "varvol-restore-"));
  try {
    const config = { stack: options.stack, namespace: "", volumeRoot, lock: readLock() } as HostConfig;
    await openRepository(config, opened);
    const all = await listRuns(config);
    const { run } = chooseRun(all, undefined, options.snapshot);
    const copy = JSON.parse(
      answer(await askAgent(config, { job: "cat", run, file: HOST_FILE }), "file").text,
    ) as HostCopy;
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
  const present = await exportState(stack, "encrypted");
  if (standsForThings(present)) {
    if (resumed) return;
    throw new UserError(
      `The stack ${stack.name} has a state here already.`,
      "Restore single sites with `npx varvol restore`; or remove the stack first: npx varvol destroy, then pulumi stack rm",
    );
  }
  await importState(stack, secretsOnly(copy, stack, present));
}
