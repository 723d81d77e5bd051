import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../base/errors";
import { meant } from "../../base/nearest";
import type { StackChoice } from "../../engine/stack";
import { SHELLS } from "../complete";

/** Prints what has a shell complete this command. */
export function run(_options: StackChoice, [shell = ""]: readonly string[] = []): Promise<void> {
  if (!SHELLS.includes(shell))
    throw new UserError(
      `${shell || "The shell's name"} is ${shell ? "no shell that is known here" : "missing"}.${meant(shell, SHELLS)}`,
      `There are: ${SHELLS.join(", ")}`,
    );
  process.stdout.write(readFileSync(join(__dirname, "..", "completion", `varvol.${shell}`), "utf8"));
  return Promise.resolve();
}
