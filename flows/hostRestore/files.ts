import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { say } from "../../base/output";
import { hasSecrets, saltOf, withSalt } from "../../engine/stackFile";
import { lockFile } from "../../stacks/lock";

/** Puts the backup's stack file in place. */
export function writeStackFile(file: string, stackFile: string): void {
  const old = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  // The salt belongs to the lost machine's passphrase; this one has its own, or gets it. What is encrypted is so by that.
  const text = hasSecrets(stackFile) ? stackFile : withSalt(stackFile, saltOf(old ?? ""));
  if (old === undefined) writeFileSync(file, text);
  else if (old !== text) replaceKeeping(file, text);
}

function replaceKeeping(file: string, text: string): void {
  renameSync(file, `${file}.before-restore`);
  writeFileSync(file, text);
  say(`${file} is the backup's now; what it was is in ${file}.before-restore`);
}

/** Puts the backup's lock of images in place. */
export function writeLockFile(lock: string): void {
  const file = lockFile();
  if (readFileSync(file, "utf8") !== lock) replaceKeeping(file, lock);
}
