import { existsSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { UserError } from "../base/errors";
import { type HostConfig, resolveConfig } from "../stacks/config";
import { checkConfig, ConfigError } from "../stacks/problems";

/** A stack file's checked configuration, with its kind's defaults. */
export function readStackFile(stack: string, file: string): HostConfig {
  if (!existsSync(file)) {
    throw new UserError(
      `${file}: there is no such stack file`,
      "Copy one of Pulumi.local.yaml, Pulumi.prod.yaml and Pulumi.rpi.yaml.",
    );
  }
  const document = parseDocument(readFileSync(file, "utf8"));
  if (document.errors.length > 0) throw new UserError(`${file}: ${document.errors[0]?.message}`);
  const { config = {} } = (document.toJS() ?? {}) as { config?: Record<string, unknown> };
  const own = Object.entries(config).filter(([key]) => key.startsWith("varvol:"));
  try {
    return resolveConfig(
      stack,
      checkConfig(stack, Object.fromEntries(own.map(([key, value]) => [key.slice("varvol:".length), value]))),
    );
  } catch (error) {
    if (error instanceof ConfigError)
      throw new UserError(`${file}:\n${error.problems.map((line) => `  ${line}`).join("\n")}`);
    throw error;
  }
}

/** The line of a stack file that the state's secrets are encrypted with, beside the passphrase; "" for none. */
export function saltOf(stackFile: string): string {
  return /^encryptionsalt:.*$/m.exec(stackFile)?.[0] ?? "";
}

/** A stack file with that line in place of its own. */
export function withSalt(stackFile: string, salt: string): string {
  const text = stackFile.replace(/^encryptionsalt:.*(\n|$)/m, "").trimEnd();
  return `${text}\n${salt && `${salt}\n`}`;
}

/** Whether a stack file holds values that are encrypted. */
export function hasSecrets(stackFile: string): boolean {
  return /^\s*(-\s+)?"?secure"?:/m.test(stackFile);
}

/** Writes a file of the user's all at once: cut off, it is the old one or the new one. */
export function replaceFile(file: string, text: string): void {
  const target = realpathSync(file);
  const { mode } = statSync(target);
  writeFileSync(`${target}.new`, text, { mode });
  renameSync(`${target}.new`, target);
}
