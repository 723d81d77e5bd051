import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, parseDocument } from "yaml";
import { UserError } from "../../base/errors";
import { lastLines } from "../../base/exec";
import { pulumiOn } from "../../engine/stack";
import { encryptedIn, hasSecrets, saltOf, valueAt, withSalt } from "../../engine/stackFile";
import { ensureWorkspace, openWorkspace, type Workspace } from "../../engine/workspace";
import { valuesOf } from "../../stacks/rawConfig";
import type { HostCopy } from "../backup/hostCopy";

/** A backup's stack file whose encrypted values this machine can read, and the engine that reads them before there is a stack. */
export interface Readable {
  readonly stackFile: string;
  readonly workspace: Workspace;
}

/**
 * Encrypts what is encrypted in a backup's stack file anew, for this machine's passphrase and with the salt of the file
 * that is here, if any. Throws where the backup has no values for them.
 */
export async function withReadable<T>(
  { stack, keepConfig }: { readonly stack: string; readonly keepConfig?: boolean },
  copy: HostCopy,
  file: string,
  use: (readable: Readable) => Promise<T>,
): Promise<T> {
  const workspace = await openWorkspace();
  const here = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (!hasSecrets(copy.stackFile) && !hasSecrets(here)) return use({ stackFile: copy.stackFile, workspace });
  ensureWorkspace(workspace.paths);
  const folder = mkdtempSync(join(tmpdir(), "varvol-secrets-"));
  try {
    const draft = join(folder, `Pulumi.${stack}.yaml`);
    const env = { ...workspace.env, PULUMI_BACKEND_URL: `file://${folder}/state` };
    mkdirSync(join(folder, "state"));
    copyFileSync(join(workspace.paths.repo, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
    writeFileSync(draft, withSalt("config: {}", saltOf(here)), { mode: 0o600 });
    const pulumi = pulumiOn(stack, draft, { ...workspace, env });
    const engine = async (args: readonly string[], input?: string) => {
      const { code, stderr } = await pulumi(args, { cwd: folder, input });
      if (code !== 0)
        throw new UserError(`The stack file's encrypted values can't be taken over: ${lastLines(stderr, 3)}`);
    };
    await engine(["stack", "init", "--no-select"]);
    const stackFile = keepConfig ? copy.stackFile : await encryptedAnew(copy, draft, engine);
    return await use({ stackFile, workspace: { ...workspace, env } });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function encryptedAnew(
  copy: HostCopy,
  draft: string,
  engine: (args: readonly string[], input?: string) => Promise<void>,
): Promise<string> {
  const document = parseDocument(copy.stackFile);
  const values = copy.config && valuesOf(copy.config);
  for (const [i, [key, ...path]] of encryptedIn(copy.stackFile).entries()) {
    const value = values && valueAt(values[key.replace(/^varvol:/, "")], path);
    if (value === undefined)
      throw new UserError(
        `${[key, ...path].join(".")} is encrypted in the backup's stack file, and the backup does not have its value.`,
        "Write a stack file for the host here, and say --keep-config.",
      );
    await engine(
      ["config", "set", `varvol:value${i}`, "--secret"],
      typeof value === "string" ? value : JSON.stringify(value),
    );
    const { config } = parse(readFileSync(draft, "utf8")) as { config: Record<string, { secure: string }> };
    document.setIn(["config", key, ...path], config[`varvol:value${i}`]);
  }
  return withSalt(document.toString({ lineWidth: 0 }), saltOf(readFileSync(draft, "utf8")));
}
