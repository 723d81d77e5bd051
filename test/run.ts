import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import Mocha from "mocha";
import { attempt } from "../cli/exec";
import { ensureBaseImage } from "../cli/setup/base-image";
import { ensureDocker, rerunInGroup } from "../cli/setup/docker";
import { ensureEngine } from "../cli/setup/engine";
import { install } from "../cli/setup/root";
import { say, step } from "../cli/output";
import { cleanUp } from "./support/testHost";

const USAGE = `npm test [-- TIER…] [-- --grep TEXT]
  Tiers: lint, unit, engine, host, remote (all of them unless named), faults and backup (only when named).`;

const ALL = ["lint", "unit", "engine", "host", "remote"];
/** Long campaigns. */
const NAMED = ["faults", "backup"];
const here = path.join(__dirname);
const repo = path.dirname(here);
const bin = path.join(repo, "node_modules", ".bin");

interface Count {
  passed: number;
  failed: number;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { grep: { type: "string" }, help: { type: "boolean" } },
  });
  if (values.help) return say(USAGE);
  const tiers = positionals.length > 0 ? positionals : ALL;
  const unknown = tiers.find((tier) => ![...ALL, ...NAMED].includes(tier));
  if (unknown) {
    say(`error: there is no tier ${unknown}\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  process.chdir(repo);
  process.env.PATH = `${bin}:${process.env.PATH ?? ""}`;
  const count: Count = { passed: 0, failed: 0 };
  const makes = tiers.some((tier) => !["lint", "unit"].includes(tier));
  try {
    if (tiers.includes("lint")) await lint(count);
    if (makes) await prepare(tiers);
    const files = tiers.flatMap((tier) => testFiles(tier));
    if (files.length > 0) await runMocha(files, values.grep, count);
  } finally {
    if (makes) cleanUp();
  }
  process.stdout.write(`${count.passed} passed, ${count.failed} failed\n`);
  process.exitCode = count.failed === 0 && count.passed > 0 ? 0 : 1;
}

async function lint(count: Count): Promise<void> {
  const checks = [
    ["eslint", "."],
    ["prettier", "--check", "--log-level", "warn", "."],
    ["tsc", "--noEmit"],
  ];
  for (const check of checks) {
    const result = await step(check[0] ?? "", () => attempt(check));
    if (result.code === 0) count.passed++;
    else {
      count.failed++;
      say(`${check.join(" ")} failed:\n${result.stdout}${result.stderr}`);
    }
  }
}

/** What the tiers stand on: each step does nothing where it is there already. */
async function prepare(tiers: readonly string[]): Promise<void> {
  const docker = await step("Docker", ensureDocker, (found) => found?.version);
  if (!docker) return rerunInGroup();
  await step("Engine", ensureEngine, (engine) => engine.version);
  await step("Base image", (s) => ensureBaseImage(docker, s));
  if (tiers.includes("host") && !fs.existsSync("/usr/bin/chromium")) {
    await step("Browser", (s) => install("chromium", ["chromium"], s));
  }
  if (tiers.includes("remote") && !fs.existsSync("/usr/bin/ssh")) {
    await step("ssh", (s) => install("ssh", ["openssh-client"], s));
  }
  if (tiers.includes("backup") && !fs.existsSync("/usr/bin/setfattr")) {
    await step("attr", (s) => install("attr", ["attr"], s));
  }
  cleanUp();
}

function testFiles(tier: string): string[] {
  const folder = path.join(here, tier);
  if (tier === "lint" || !fs.existsSync(folder)) return [];
  const files = fs.readdirSync(folder).filter((file) => file.endsWith(".test.ts"));
  return files.sort().map((file) => path.join(folder, file));
}

function runMocha(files: string[], grep: string | undefined, count: Count): Promise<void> {
  const mocha = new Mocha({ timeout: 60_000, forbidOnly: true, grep });
  files.forEach((file) => mocha.addFile(file));
  return new Promise((resolve) => {
    const runner = mocha.run(() => {
      count.passed += runner.stats?.passes ?? 0;
      count.failed += runner.stats?.failures ?? 0;
      resolve();
    });
  });
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
