import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { UserError } from "../../base/errors";
import { say, step } from "../../base/output";
import { duration } from "../../base/words";
import { type StackChoice, type Stack, stackOf } from "../../engine/stack";
import { openWorkspace } from "../../engine/workspace";
import { restoreDatabases, restoreSite } from "../../flows/backup/restore";
import { openRepository, type Opened } from "../../flows/hostRestore/bootstrap";
import { importSecrets, readCopy } from "../../flows/hostRestore/copy";
import { writeLockFile, writeStackFile } from "../../flows/hostRestore/files";
import { planned } from "../../flows/hostRestore/plan";
import { withReadable } from "../../flows/hostRestore/secrets";
import { readTarget } from "../../flows/hostRestore/target";
import {
  begin,
  dataOn,
  fill,
  finish,
  isUnfinished,
  moveAside,
  putCertificates,
} from "../../flows/hostRestore/volume";
import { readCredentials } from "../../stacks/credentials";
import { hasDatabase } from "../../stacks/kinds";
import { isServer } from "../../stacks/values";
import { confirm } from "../confirm";
import * as texts from "../options";
import { upAndPrint } from "../up";

interface Options extends StackChoice {
  readonly repository?: string;
  readonly passwordFile?: string;
  readonly credentials?: string;
  readonly snapshot?: string;
  readonly to?: string;
  readonly hostKey?: string;
  readonly key?: string;
  readonly keepConfig?: boolean;
  readonly aside?: boolean;
  readonly yes?: boolean;
}

export const options: texts.OptionsOf<Options> = {
  repository: ["--repository <place>", "the lost host's repository"],
  passwordFile: ["--password-file <file>", "a file with the repository's password; - for standard input"],
  credentials: [
    "--credentials <file>",
    "what the repository's server asks for, as varvol:backup.credentials",
  ],
  snapshot: texts.snapshot,
  to: [
    "--to <machine>",
    "another machine, as user@address[:port], or `here` (default: what the backup's has)",
  ],
  hostKey: [
    "--host-key <key>",
    "the public ssh key of the machine that --to names, as ssh-keyscan prints it",
  ],
  key: ["--key <file>", "the private key that logs in to it"],
  keepConfig: ["--keep-config", "use the stack file that is here instead of the backup's"],
  aside: ["--aside", "move data that is here to a folder beside first"],
  yes: texts.yes,
};

/** Brings a host back on a machine with nothing, from its repository and that one's password alone. */
export async function run(options: Options): Promise<void> {
  const began = Date.now();
  const opened = readOptions(options);
  const target = readTarget(options);
  const { copy, run, runs } = await step(
    "Repository",
    () => readCopy(options, opened),
    ({ run: name }) => name,
  );
  const file = options.configFile ?? join((await openWorkspace()).paths.repo, `Pulumi.${options.stack}.yaml`);
  const { config, text, resumed } = await withReadable(options, copy, file, async (readable) => {
    const plan = await planned(options, readable, file, opened, target);
    const unfinished = await isUnfinished(plan.config, run, options.aside ?? false);
    // The stack file is here by then, and may have been mended since.
    const here = unfinished && existsSync(file);
    return {
      ...(here ? await planned({ ...options, keepConfig: true }, readable, file, opened) : plan),
      resumed: unfinished,
    };
  });
  const data = resumed ? [] : await dataOn(config);
  if (data.length > 0 && !options.aside) {
    throw new UserError(
      `${config.volumeRoot} holds data (${data.join(", ")}), and there may be containers that use it.`,
      "Restore to a machine without; or say --aside, which moves it to a folder beside first.",
    );
  }
  for (const name of copy.names.filter((one) => !runs.has(one))) say(notKept(name));
  const back = [...runs].map(([name, of]) => (of === run ? name : `${name} (${of})`));
  await confirm(
    options,
    `${resumed ? "Go on with bringing" : "Bring"} back ${copy.stack} as of ${run}, with ${back.join(", ")}?`,
  );
  if (data.length > 0) say(`What was there is in ${await moveAside(config)}`);
  if (text !== undefined) writeStackFile(file, text);
  writeLockFile(copy.lock);
  // What is encrypted can be read once there is a stack; it was read above.
  const stack = stackOf(options.stack, config, file, await openWorkspace());
  await step("Secrets", () => importSecrets(stack, copy, resumed));
  await openRepository(stack.config, opened);
  if (!resumed) await begin(stack.config, run);
  try {
    await putCertificates(stack.config, copy.certificates);
    await bringBack(stack, runs, { ...options, configFile: file });
  } catch (error) {
    say("What is there so far stays. The same command goes on with it.");
    throw error;
  }
  process.stdout.write(`\n${stack.name} is back at ${run}, after ${duration(Date.now() - began)}.\n`);
}

async function bringBack(stack: Stack, runs: ReadonlyMap<string, string>, options: Options): Promise<void> {
  const { config } = stack;
  await fill(config, runs);
  await upAndPrint(options);
  for (const { name } of config.sites.filter(hasDatabase)) {
    const run = runs.get(name);
    if (run) await restoreSite(config, name, { run, source: name });
  }
  const databases = runs.get("mysql");
  if (databases) await restoreDatabases(config, databases);
  await finish(config);
}

function notKept(name: string): string {
  return name === "mysql"
    ? "There is no snapshot of mysql: databases of sites that were removed are not brought back."
    : `There is no snapshot of ${name}: it begins anew.`;
}

function readOptions({ repository, passwordFile, credentials }: Options): Opened {
  if (!repository) throw new UserError("--repository is missing: where are the backups?");
  if (!passwordFile)
    throw new UserError(
      "--password-file is missing: a file with the repository's password, - for standard input.",
      "`npx varvol recovery-kit` printed it.",
    );
  const password = readFileSync(passwordFile === "-" ? 0 : passwordFile, "utf8").trim();
  const needed = readCredentials(repository, credentials && resolve(credentials));
  return {
    repository: isServer(repository) ? repository : resolve(repository),
    password,
    ...(needed !== undefined && { credentials: needed }),
  };
}
