import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { attempt, lastLines, run } from "../../base/exec";
import { errorColors, say } from "../../base/output";
import type { Stack } from "../../engine/stack";
import { agentSchedule, isScheduled } from "../../stacks/schedule";

/** Minutes from one question to the next: what is due is late by no more than that. */
const EVERY = 5;

// What `backup --due` finds its way by.
const CARRIED = [
  ...["PATH", "HOME", "XDG_CACHE_HOME", "DOCKER_HOST", "VARVOL_LOCK_FILE"],
  ...[
    "PULUMI_BACKEND_URL",
    "PULUMI_CONFIG_PASSPHRASE_FILE",
    "PULUMI_HOME",
    "PULUMI_CREDENTIALS_PATH",
    "VARVOL_ENGINE",
  ],
];

// What it would need as well, and what a unit, which everybody may read, can't hold.
const SECRETS = ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_ACCESS_TOKEN"];

const AS_ROOT = process.getuid?.() === 0;
const SYSTEMCTL = AS_ROOT ? ["systemctl"] : ["systemctl", "--user"];

/**
 * Has this machine ask for what is due where it holds the repository of a host that is another one: by a systemd timer
 * of the system's for root, and of the user's otherwise. Ends that where the stack file no longer wants it. Where there
 * can be none, whoever `remind` is for is told.
 */
export async function keepTimer(stack: Stack, remind: boolean): Promise<void> {
  const scheduled = isScheduled(stack.config);
  const { byItself } = agentSchedule(stack.config);
  if (!scheduled || byItself) return dropTimer(stack);
  const why = await whyNoTimer();
  if (why) {
    if (remind)
      say(
        `The backups of ${stack.name} are this machine's to ask for, and it keeps no timer: ${why}. Have cron run, every ${EVERY} minutes,\n  npx varvol backup --due -s ${stack.name}`,
      );
    return;
  }
  const name = timerName(stack.file, stack.name);
  const units = timerUnits(stack.name, command(stack), stack.workspace.paths.repo, carried());
  const files = Object.entries(units).map(([kind, text]) => ({
    file: join(folder(), `${name}.${kind}`),
    text,
  }));
  const active = (await attempt([...SYSTEMCTL, "is-active", "--quiet", `${name}.timer`])).code === 0;
  if (active && files.every(({ file, text }) => existsSync(file) && readFileSync(file, "utf8") === text))
    return;
  mkdirSync(folder(), { recursive: true });
  for (const { file, text } of files) writeFileSync(file, text);
  await run([...SYSTEMCTL, "daemon-reload"]);
  await run([...SYSTEMCTL, "enable", "--quiet", "--now", `${name}.timer`]);
  if (active) return;
  say(`This machine asks every ${EVERY} minutes for the backups of ${stack.name}: ${name}.timer`);
  if (!AS_ROOT) await linger();
}

/** Ends it; no snapshot is touched. */
export async function dropTimer({ file, name: stack }: Pick<Stack, "file" | "name">): Promise<void> {
  const name = timerName(file, stack);
  const files = ["timer", "service"].map((kind) => join(folder(), `${name}.${kind}`));
  if (!files.some((unit) => existsSync(unit))) return;
  await attempt([...SYSTEMCTL, "disable", "--quiet", "--now", `${name}.timer`]);
  for (const unit of files) rmSync(unit, { force: true });
  await attempt([...SYSTEMCTL, "daemon-reload"]);
}

/** The units' name: of two checkouts, each may have a stack of the same name. */
export function timerName(file: string, stack: string): string {
  return `varvol-${stack}-${createHash("sha256").update(file).digest("hex").slice(0, 6)}`;
}

/** The units' texts. */
export function timerUnits(
  stack: string,
  words: readonly string[],
  where: string,
  env: Readonly<Record<string, string>>,
): { service: string; timer: string } {
  const settings = Object.entries(env).map(([key, value]) => `Environment=${quoted(`${key}=${value}`)}`);
  return {
    service: [
      ...["[Unit]", `Description=Backups of the Varvol stack ${stack}`],
      ...["Wants=network-online.target", "After=network-online.target"],
      ...["[Service]", "Type=oneshot", `WorkingDirectory=${where.replaceAll("%", "%%")}`, ...settings],
      // `$` names a variable in a command, and in nothing else.
      `ExecStart=${words.map((word) => quoted(word).replaceAll("$", "$$$$")).join(" ")}`,
      ...["TimeoutStopSec=10min", ""],
    ].join("\n"),
    timer: [
      ...["[Unit]", `Description=Backups of the Varvol stack ${stack}`],
      ...["[Timer]", `OnCalendar=*:0/${EVERY}`, "[Install]", "WantedBy=timers.target", ""],
    ].join("\n"),
  };
}

/** As systemd.syntax(7) has it: in quotes, with its specifiers doubled. */
function quoted(word: string): string {
  return `"${word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%")}"`;
}

function command({ name, file, workspace }: Stack): string[] {
  const program = join(workspace.paths.repo, "cli/varvol.cjs");
  return [process.execPath, program, "backup", "--due", "-s", name, "--config-file", file];
}

function carried(): Record<string, string> {
  const { env } = process;
  return Object.fromEntries(CARRIED.flatMap((key) => (env[key] === undefined ? [] : [[key, env[key]]])));
}

function folder(): string {
  return AS_ROOT
    ? "/etc/systemd/system"
    : join(process.env.XDG_CONFIG_HOME ?? join(homedir(), ".config"), "systemd/user");
}

async function whyNoTimer(): Promise<string | undefined> {
  if (process.env.CI) return "CI is set, and what a pipeline runs on is gone with it";
  const secret = SECRETS.find((key) => process.env[key] !== undefined);
  if (secret) return `${secret} is set, and a unit can't hold it`;
  const systemd =
    existsSync("/run/systemd/system") && (await attempt([...SYSTEMCTL, "show-environment"])).code === 0;
  return systemd ? undefined : `there is no systemd${AS_ROOT ? "" : " for this user"}`;
}

/** A user's own timers end with the last login, unless that is asked for. */
async function linger(): Promise<void> {
  const { username } = userInfo();
  if (existsSync(join("/var/lib/systemd/linger", username))) return;
  const { code, stderr } = await attempt(["loginctl", "enable-linger"]);
  if (code === 0) return;
  say(
    `${errorColors.yellow("warning:")} it asks only while you are logged in: ${lastLines(stderr, 1)}\n  Run: sudo loginctl enable-linger ${username}`,
  );
}
