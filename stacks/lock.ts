import * as fs from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import { type ImageLock, PACKAGE_SETS, type PackageSet } from "../components/imageLock";

/** The lock file, committed beside the stack files. VARVOL_LOCK_FILE names another one. */
export function lockFile(): string {
  return process.env.VARVOL_LOCK_FILE ?? path.join(__dirname, "..", "images.lock.json");
}

const moment = z.string().regex(/^\d{8}T\d{6}Z$/);

const lockedSet = z.strictObject({
  snapshot: moment,
  looked: moment.optional(),
  packages: z.record(z.string(), z.string()),
});

const setName = z.enum(Object.keys(PACKAGE_SETS) as [PackageSet, ...PackageSet[]]);

const lockSchema = z.strictObject({
  sets: z.partialRecord(setName, lockedSet).default({}),
  sites: z.record(z.string(), z.partialRecord(setName, lockedSet)).default({}),
  pins: z.record(z.string(), z.record(z.string(), z.string())).default({}),
  extensions: z.record(z.string(), lockedSet.extend({ names: z.array(z.string()) })).optional(),
});

/** Reads images.lock.json. Throws where it is damaged. */
export function readLock(file = lockFile()): ImageLock {
  try {
    return lockSchema.parse(JSON.parse(fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "{}"));
  } catch (error) {
    throw new Error(
      `${file}: ${(error as Error).message}; take it from version control again, or delete it and run: npx varvol upgrade --modules`,
    );
  }
}

/** Writes images.lock.json with sorted keys, so that version control shows what changed and nothing else. */
export function writeLock(lock: ImageLock, file = lockFile()): void {
  const temporary = `${file}.new`;
  fs.writeFileSync(temporary, `${JSON.stringify(sorted(lock), null, 2)}\n`);
  fs.renameSync(temporary, file);
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
