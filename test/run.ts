import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { attempt } from "../base/exec";
import { say, step } from "../base/output";
import { ensureBaseImage } from "../machine/setup/base-image";
import { ensureDocker, rerunInGroup } from "../machine/setup/docker";
import { ensureEngine } from "../machine/setup/engine";
import { install } from "../machine/setup/root";
import { type Count, runFiles } from "./files";
import { ensurePackages } from "./support/packages";
import { type Outcome, scorecard, scorecardText, WITH_ID } from "./support/scorecard";
import { lintShell, shellTools } from "./support/shell";
import { cleanUp } from "./support/testHost";

const USAGE = `npm test [-- TIER…] [-- --grep TEXT]
  npm run test:security: what a hostile site tries, with a card of what holds.
  Tiers: lint, unit, engine, host, remote (all of them unless named); faults, backup and official (only when named).`;

const ALL = ["lint", "unit", "engine", "host", "remote"];
/** Long campaigns, and what runs on another engine. */
const NAMED = ["faults", "backup", "official"];
/** Where tests are that have ids of docs/security.md. */
const SECURITY = ["unit", "host"];
/** What Varvol asks of the engine, whichever it is. */
const OFFICIAL = [
  ...["engine/gate", "engine/config", "host/sites"],
  ...["host/plainPulumi", "host/planTruth", "host/replacement"],
  "official/moves",
];
const here = path.join(__dirname);
const repo = path.dirname(here);
const bin = path.join(repo, "node_modules", ".bin");

const LANES = 3;
/** What takes longest, in that order. */
const LONGEST = `
  host/security remote/archive host/backup remote/remote host/php host/upgrade host/daily host/hostileNames
  host/hostRestore host/failingSite host/wordpress host/schedule host/brokenImages host/formerly host/wildcards
  host/drill host/event host/certificates host/interrupted host/mail host/import host/migration host/git
  host/replacement host/onDemand host/serving`
  .trim()
  .split(/\s+/);

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { grep: { type: "string" }, security: { type: "boolean" }, help: { type: "boolean" } },
  });
  if (values.help) return say(USAGE);
  const tiers = values.security ? SECURITY : positionals.length > 0 ? positionals : ALL;
  const unknown = tiers.find((tier) => ![...ALL, ...NAMED].includes(tier));
  if (unknown) {
    say(`error: there is no tier ${unknown}\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  if (tiers.includes("official") && !process.env.VARVOL_ENGINE) {
    say("error: VARVOL_ENGINE is not set: the folder of the engine to test on; see CONTRIBUTING.md");
    process.exitCode = 2;
    return;
  }
  process.chdir(repo);
  process.env.PATH = `${bin}:${process.env.PATH ?? ""}`;
  const count: Count = { passed: 0, failed: 0, failures: [] };
  let well = true;
  const makes = tiers.some((tier) => !["lint", "unit"].includes(tier));
  try {
    if (tiers.includes("lint")) await lint(count);
    if (makes) await prepare(tiers);
    const files = tiers.flatMap((tier) => testFiles(tier));
    if (values.security) well = await security(files, count);
    else if (values.grep !== undefined || files.length === 1) add(count, await runFiles(files, values.grep));
    else await runBeside(files, count);
  } finally {
    if (makes) cleanUp();
  }
  for (const failure of count.failures) process.stdout.write(`\nfailed: ${failure}\n`);
  process.stdout.write(`${count.passed} passed, ${count.failed} failed\n`);
  process.exitCode = well && count.failed === 0 && count.passed > 0 ? 0 : 1;
}

/** Runs the tests that are for an id of docs/security.md, and prints what came of each id; says whether all is as it says. */
async function security(files: readonly string[], count: Count): Promise<boolean> {
  const outcomes: Outcome[] = [];
  add(count, await runFiles(files, WITH_ID, outcomes));
  const rows = scorecard(fs.readFileSync(path.join(repo, "docs/security.md"), "utf8"), outcomes);
  process.stdout.write(`\n${scorecardText(rows)}\n`);
  return rows.every(({ well }) => well);
}

function add(count: Count, { passed, failed, failures }: Count): void {
  count.passed += passed;
  count.failed += failed;
  count.failures.push(...failures);
}

async function lint(count: Count): Promise<void> {
  if (!fs.existsSync("/usr/bin/shellcheck"))
    await step("shellcheck", (s) => install("shellcheck", ["shellcheck"], s));
  const checks = [
    ["eslint", "."],
    ["prettier", "--check", "--log-level", "warn", "."],
    ["tsc", "--noEmit"],
    ["tsc", "--noEmit", "-p", "test"],
  ];
  for (const check of checks)
    await checked(check.join(" "), count, async () => {
      const { code, stdout, stderr } = await attempt(check);
      return code === 0 ? "" : stdout + stderr || `exit code ${code}`;
    });
  await checked("shellcheck and dash", count, () => lintShell(shellTools()));
}

/** Counts a check as passed that has nothing to say. */
async function checked(name: string, count: Count, check: () => Promise<string>): Promise<void> {
  const said = await step(name, check, undefined, (text) => text === "");
  if (said === "") count.passed++;
  else {
    const failure = `${name}\n${said}`;
    say(`failed: ${failure}`);
    count.failed++;
    count.failures.push(failure);
  }
}

/** What the tiers stand on: each step does nothing where it is there already. */
async function prepare(tiers: readonly string[]): Promise<void> {
  const docker = await step("Docker", ensureDocker, (found) => found?.version);
  if (!docker) return rerunInGroup();
  await step("Engine", ensureEngine, (engine) => engine.version);
  await step("Base image", (s) => ensureBaseImage(docker, s));
  if (
    tiers.some((tier) => ["host", "official"].includes(tier)) &&
    !["/usr/bin/chromium", "/usr/sbin/ip"].every((file) => fs.existsSync(file))
  ) {
    await step("Browser", (s) => install("chromium", ["chromium", "iproute2"], s));
  }
  if (tiers.some((tier) => ["remote", "backup"].includes(tier)) && !fs.existsSync("/usr/bin/ssh")) {
    await step("ssh", (s) => install("ssh", ["openssh-client"], s));
  }
  if (tiers.includes("backup") && !fs.existsSync("/usr/bin/setfattr")) {
    await step("attr", (s) => install("attr", ["attr"], s));
  }
  cleanUp();
  await step("Packages", ensurePackages, (which) => which);
}

function testFiles(tier: string): string[] {
  if (tier === "official") return OFFICIAL.map((file) => path.join(here, `${file}.test.ts`));
  const folder = path.join(here, tier);
  if (tier === "lint" || !fs.existsSync(folder)) return [];
  const files = fs.readdirSync(folder).filter((file) => file.endsWith(".test.ts"));
  return files.sort().map((file) => path.join(folder, file));
}

/**
 * Test files that share no host run beside each other, each in a process of its own, because much of each is waiting.
 * What one prints is shown at its end.
 */
async function runBeside(files: readonly string[], count: Count): Promise<void> {
  const quick = (file: string) => /\/(unit|engine)\//.test(file);
  const slow = files.filter((file) => !quick(file)).sort((a, b) => rank(a) - rank(b));
  const jobs = [...slow.map((file) => [file]), ...(files.some(quick) ? [files.filter(quick)] : [])];
  const work = async (): Promise<void> => {
    for (let job = jobs.shift(); job; job = jobs.shift()) {
      say(`- ${job.map((file) => path.relative(here, file).replace(".test.ts", "")).join(", ")}`);
      const { code, stdout, stderr } = await attempt([
        process.execPath,
        path.join(here, "files.cjs"),
        ...job,
      ]);
      const [, shown = stdout, last = "{}"] = /^([^]*)^(\{"passed".*)\n$/m.exec(stdout) ?? [];
      const early = `${job.join(" ")}\nended with ${code} before its time`;
      const { passed = 0, failed = 1, failures = [early] } = JSON.parse(last) as Partial<Count>;
      process.stdout.write(shown + (failed > 0 || code !== 0 ? stderr : ""));
      add(count, { passed, failed, failures });
    }
  };
  await Promise.all(Array.from({ length: LANES }, work));
}

/** The longest first, so that none is left alone at the end. */
function rank(file: string): number {
  const found = LONGEST.findIndex((name) => file.endsWith(`/${name}.test.ts`));
  return found < 0 ? LONGEST.length : found;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    say("\nInterrupted: removing what the tests made.");
    // What still runs has been told to end, too; what it made meanwhile goes as well.
    setTimeout(() => {
      cleanUp();
      process.exit(signal === "SIGINT" ? 130 : 143);
    }, 5000);
  });
}

main().catch((error: unknown) => {
  say(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
