import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { HostConfig } from "../../stacks/config";
import { readCredentials } from "../../stacks/credentials";
import { LOCK_FILE, readLock } from "../../stacks/lock";
import { isServer } from "../../stacks/values";
import { openRepository, type Opened } from "../backup/bootstrap";
import { HOST_FILE, type HostCopy, secretsOnly, standsForThings } from "../backup/hostCopy";
import { backupTool, listRuns } from "../backup/repository";
import { chooseRun, runAt } from "../backup/runs";
import { absentAddresses, readTarget, retarget, type Target, withCredentials } from "../backup/target";
import { confirm } from "../confirm";
import { UserError } from "../errors";
import { lastLines } from "../exec";
import { lookAtHost } from "../facts";
import { hostName, scriptOnHost } from "../host";
import type { VerbOptions } from "../options";
import { duration, say, step } from "../output";
import { checkHost } from "../preflight";
import { ensureStack, openStack, readStackFile, saltOf, type Stack, withSalt } from "../stack";
import { openWorkspace } from "../workspace";
import { restoreDatabases, restoreSite } from "./restore";
import { run as up } from "./up";

/** Brings a host back on a machine with nothing, from its repository and that one's password alone. */
export async function run(options: VerbOptions): Promise<void> {
  const began = Date.now();
  const opened = readOptions(options);
  const target = readTarget(options);
  const { copy, run, runs } = await step(
    "Repository",
    () => readCopy(options, opened),
    ({ run: name }) => name,
  );
  const file = options.configFile ?? join((await openWorkspace()).paths.repo, `Pulumi.${options.stack}.yaml`);
  const plan = await planned(options, copy, file, opened, target);
  const resumed = await isUnfinished(plan.config, run, options.aside ?? false);
  // The stack file is here by then, and may have been mended since.
  const { config, text } =
    resumed && existsSync(file) ? await planned({ ...options, keepConfig: true }, copy, file, opened) : plan;
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
  if (readFileSync(LOCK_FILE, "utf8") !== copy.lock) replaceKeeping(LOCK_FILE, copy.lock);
  const stack = await openStack({ ...options, configFile: file });
  await step("Secrets", () => importSecrets(stack, copy, resumed));
  await openRepository(stack.config, opened);
  if (!resumed)
    await scriptOnHost(stack.config, 'echo "$2" > "$1/.varvol/restoring"', [config.volumeRoot, run]);
  try {
    await bringBack(stack, runs, { ...options, configFile: file });
  } catch (error) {
    say("What is there so far stays. The same command goes on with it.");
    throw error;
  }
  process.stdout.write(`\n${stack.name} is back at ${run}, after ${duration(Date.now() - began)}.\n`);
}

async function bringBack(
  stack: Stack,
  runs: ReadonlyMap<string, string>,
  options: VerbOptions,
): Promise<void> {
  const { config } = stack;
  await fill(config, runs);
  await up(options);
  for (const { name } of config.sites.filter(({ kind }) => kind === "wordpress")) {
    const run = runs.get(name);
    if (run) await restoreSite(config, name, run);
  }
  const databases = runs.get("mysql");
  if (databases) await restoreDatabases(config, databases);
  await scriptOnHost(config, 'rm -f "$1/.varvol/restoring"', [config.volumeRoot]);
}

/** Whether an earlier host-restore was cut off there. */
async function isUnfinished(
  { volumeRoot, ...config }: HostConfig,
  run: string,
  aside: boolean,
): Promise<boolean> {
  const script = 'head -n 1 "$1/.varvol/restoring" 2> /dev/null || true';
  const found = (await scriptOnHost({ volumeRoot, ...config }, script, [volumeRoot])).trim();
  if (found === "" || found === run || aside) return found === run;
  throw new UserError(
    `The host-restore to ${found} has not finished in ${volumeRoot}.`,
    `Say --snapshot ${found}, which goes on with it; or --aside, to begin anew.`,
  );
}

function notKept(name: string): string {
  return name === "mysql"
    ? "There is no snapshot of mysql: databases of sites that were removed are not brought back."
    : `There is no snapshot of ${name}: it begins anew.`;
}

function readOptions({ repository, passwordFile, credentials }: VerbOptions): Opened {
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

interface Found {
  readonly copy: HostCopy;
  readonly run: string;
  /** The snapshots to restore, by site and module. */
  readonly runs: ReadonlyMap<string, string>;
}

/** Reads the host's own snapshot by tools that are put into a folder for just that. */
async function readCopy(options: VerbOptions, opened: Opened): Promise<Found> {
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

/** The configuration that the host is to have, and the stack file for it; checked before anything is written. */
async function planned(
  options: VerbOptions,
  copy: HostCopy,
  file: string,
  { repository }: Opened,
  target?: Target,
): Promise<{ config: HostConfig; text?: string }> {
  const stackFile = options.credentials
    ? withCredentials(copy.stackFile, resolve(options.credentials))
    : copy.stackFile;
  const read = (text: string) => checked(readText(options.stack, text), repository);
  const changed = (absent: readonly string[]) =>
    target ? retarget(stackFile, target, absent) : { text: stackFile, notes: [] };
  if (options.keepConfig) {
    const config = checked(readStackFile(options.stack, file), repository);
    await refuseUnfit(config);
    return { config };
  }
  const config = read(changed([]).text);
  await refuseUnfit(config);
  const { text, notes } = changed(target ? absentAddresses(config.addresses, await addressesOf(config)) : []);
  notes.forEach(say);
  const final = read(text);
  if (final.ssh && final.addresses.every((one) => /^(127\.|::1$)/.test(one)))
    say(
      `The host will listen on ${final.addresses.join(", ")} of ${hostName(final)} alone: varvol:gateway.addresses says otherwise.`,
    );
  return { config: final, text };
}

function readText(stack: string, text: string): HostConfig {
  const folder = mkdtempSync(join(tmpdir(), "varvol-restore-"));
  try {
    const temporary = join(folder, "stack.yaml");
    writeFileSync(temporary, text, { mode: 0o600 });
    return readStackFile(stack, temporary);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Throws where the machine lacks docker, free ports or room. */
async function refuseUnfit(config: HostConfig): Promise<void> {
  const problems = await step("Checks", async () => checkHost(config, await lookAtHost(config)));
  if (problems.length > 0) throw new UserError(problems.join("\n"));
}

async function addressesOf(config: HostConfig): Promise<string[]> {
  return (await scriptOnHost(config, "hostname -I")).split(/\s+/).filter(Boolean);
}

function checked(config: HostConfig, repository: string): HostConfig {
  if (config.backup?.repository === repository) return config;
  throw new UserError(
    `--repository ${repository}: the stack file has ${config.backup?.repository ?? "none"} as varvol:backup.repository.`,
    "Bring the repository to that place, or put the new place into the stack file and say --keep-config.",
  );
}

async function dataOn({ volumeRoot, ...config }: HostConfig): Promise<string[]> {
  const script = `cd "$1" 2>/dev/null || exit 0
for inner in */site */content */repo mysql/data; do [ -d "$inner" ] && [ -n "$(ls -A "$inner")" ] && echo "\${inner%%/*}"; done
exit 0`;
  const found = await scriptOnHost({ volumeRoot, ...config }, script, [volumeRoot]);
  return [...new Set(found.split("\n").filter(Boolean))];
}

async function moveAside(config: HostConfig): Promise<string> {
  const script = `users=$(docker ps -a --filter "label=varvol.host=$2" --format '{{.Names}}')
[ -z "$users" ] || { echo "containers still use $1: $users; remove them first (npx varvol destroy, or docker rm -f)" >&2; exit 1; }
aside=$1.before-$(date -u +%Y%m%dT%H%M%SZ); mv -T "$1" "$aside" && echo "$aside"`;
  return (await scriptOnHost(config, script, [config.volumeRoot, `varvol/${config.stack}`])).trim();
}

// The salt belongs to the lost machine's passphrase; this one has its own, or gets it.
function writeStackFile(file: string, stackFile: string): void {
  const old = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  const text = withSalt(stackFile, saltOf(old ?? ""));
  if (old === undefined) writeFileSync(file, text);
  else if (old !== text) replaceKeeping(file, text);
}

function replaceKeeping(file: string, text: string): void {
  renameSync(file, `${file}.before-restore`);
  writeFileSync(file, text);
  say(`${file} is the backup's now; what it was is in ${file}.before-restore`);
}

async function importSecrets(stack: Stack, copy: HostCopy, resumed: boolean): Promise<void> {
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

/** The sites' files come before their containers, which leave alone what is there. */
async function fill(config: HostConfig, runs: ReadonlyMap<string, string>): Promise<void> {
  for (const { name, kind } of config.sites) {
    const run = runs.get(name);
    if (run) await step(`Files of ${name}`, () => backupTool(config, ["restore", "fill", name, run, kind]));
  }
}
