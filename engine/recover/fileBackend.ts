import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import type { Stack } from "../stack";
import { parseCheckpoint, type Deployment } from "../state";

/** Where the engine's file backend keeps what belongs to a stack. */
export interface StateFiles {
  /** The backend's own settings, for all stacks. */
  readonly settings: string;
  readonly state: string;
  readonly locks: string;
  /** Folders with the states of earlier updates. */
  readonly backups: readonly string[];
}

/** A stack's files in a backend; undefined where that is no folder of this machine, or packs its files. */
export function stateFiles(
  stack: Stack,
  backend: string = stack.workspace.env.PULUMI_BACKEND_URL ?? "",
): StateFiles | undefined {
  if (!backend.startsWith("file://")) return undefined;
  const folder = backend.slice("file://".length).replace(/\?.*$/, "").replace(/^~/, homedir());
  const root = join(resolve(stack.workspace.paths.repo, folder), ".pulumi");
  const state = join(root, "stacks", "varvol", `${stack.name}.json`);
  if (existsSync(`${state}.gz`) || existsSync(`${state}.zst`)) return undefined;
  return {
    settings: join(root, "meta.yaml"),
    state,
    locks: join(root, "locks", "organization", "varvol", stack.name),
    backups: ["backups", "history"].map((kind) => join(root, kind, "varvol", stack.name)),
  };
}

/** How the state file is. */
export type StateCondition = "sound" | "interrupted" | "damaged" | "missing";

/** Looks at the state file without the engine: milliseconds, where the engine needs a second. */
export function conditionOf({ state }: StateFiles): StateCondition {
  if (!existsSync(state)) return "missing";
  const parsed = parseCheckpoint(readFileSync(state, "utf8"));
  if (!parsed) return "damaged";
  return (parsed.pending_operations ?? []).length > 0 ? "interrupted" : "sound";
}

/** A copy of the state that the backend keeps. */
export interface Copy {
  readonly file: string;
  /** When the engine wrote it. */
  readonly time: number;
  readonly deployment: Deployment;
}

/** All copies of the state that can be read, the newest first. */
export function copiesOf({ state, backups }: StateFiles): Copy[] {
  const files = [`${state}.bak`, ...backups.flatMap((folder) => filesIn(folder))].filter(
    (file) => /\.json(\.bak)?$/.test(file) && !file.endsWith(".history.json") && existsSync(file),
  );
  const copies = files.flatMap((file): Copy[] => {
    const deployment = parseCheckpoint(readFileSync(file, "utf8"));
    if (!deployment) return [];
    return [{ file, time: Date.parse(deployment.manifest.time) || statSync(file).mtimeMs, deployment }];
  });
  return copies.sort((a, b) => b.time - a.time);
}

/** Writes that were cut off: the backend renames them into place, and a killed engine can't. */
export function cutOffWrites({ state, locks, backups }: StateFiles): string[] {
  return [dirname(state), locks, ...backups]
    .flatMap((folder) => filesIn(folder))
    .filter((file) => /\.[0-9a-f]+\.tmp$/.test(file))
    .filter((file) => dirname(file) !== dirname(state) || basename(file).startsWith(`${basename(state)}.`));
}

/**
 * Removes what is half written of the attributes that the backend keeps beside each file: it can read a file without
 * them, but not with half of them. Looks at the files that every command reads, or at the earlier states' too.
 */
export function dropHalfAttributes(
  { settings, state, backups }: StateFiles,
  of: "what is read" | "everything",
): void {
  const files = [settings, state, `${state}.bak`].map((file) => `${file}.attrs`);
  const earlier = of === "everything" ? backups.flatMap((folder) => filesIn(folder, ".attrs")) : [];
  for (const file of [...files, ...earlier]) {
    if (existsSync(file) && !isJson(readFileSync(file, "utf8"))) rmSync(file);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function filesIn(folder: string, end = ""): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(end))
    .map((name) => join(folder, name));
}

/** Has the state on the disk, for a machine that loses its power: the backend renames, but never syncs. */
export function sync({ state }: StateFiles): void {
  for (const file of [state, dirname(state)]) {
    if (!existsSync(file)) continue;
    const descriptor = openSync(file, "r");
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}
