import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { say, step, table } from "../cli/output";
import { ensureBaseImage } from "../cli/setup/base-image";
import { ensureDocker, rerunInGroup } from "../cli/setup/docker";
import { ensureEngine } from "../cli/setup/engine";
import { install } from "../cli/setup/root";
import { cleanUp, TestHost } from "../test/support/testHost";
import { engineFigures } from "./engine";
import type { Figure } from "./figure";
import { gatewayFigures } from "./gateway";
import { reloadFigures } from "./reloads";

const repo = path.dirname(__dirname);
const START = "<!-- figures: written by npm run bench -->";
const END = "<!-- end of figures -->";

async function main(): Promise<void> {
  process.chdir(repo);
  const docker = await step("Docker", ensureDocker);
  if (!docker) return rerunInGroup();
  await step("Engine", ensureEngine);
  await step("Base image", (s) => ensureBaseImage(docker, s));
  if (!fs.existsSync("/usr/bin/wrk")) await step("wrk", (s) => install("wrk", ["wrk"], s));
  cleanUp();
  const figures: Figure[] = [];
  try {
    figures.push(...(await step("Engine figures", () => engineFigures(new TestHost("engine", 18900)))));
    cleanUp();
    figures.push(...(await step("Gateway and memory", () => gatewayFigures(new TestHost("gateway", 18910)))));
    cleanUp();
    figures.push(...(await step("Reloads", () => reloadFigures(new TestHost("reloads", 18920)))));
  } finally {
    cleanUp();
  }
  const rows = figures.map(({ what, measured, limit, ok }) => [
    what,
    measured,
    limit.includes("Infinity") ? "" : limit,
    ok ? "ok" : "MISSED",
  ]);
  process.stdout.write(`${table(["Figure", "Measured", "Limit", ""], rows)}\n`);
  write(rows);
  process.exitCode = figures.every(({ ok }) => ok) ? 0 : 1;
}

function write(rows: readonly string[][]): void {
  const file = path.join(repo, "docs", "benchmarks.md");
  const text = fs.readFileSync(file, "utf8");
  const [cpu] = os.cpus();
  const lines = [
    START,
    `Measured on ${new Date().toISOString().slice(0, 10)}, ${os.cpus().length} cores (${cpu?.model.trim()}), Linux ${os.release()}.`,
    "",
    "| figure | measured | limit | |",
    "|---|---|---|---|",
    ...rows.map((row) => `| ${row.join(" | ")} |`),
    END,
  ];
  fs.writeFileSync(
    file,
    text.slice(0, text.indexOf(START)) + lines.join("\n") + text.slice(text.indexOf(END) + END.length),
  );
  say(`Written to ${path.relative(repo, file)}`);
}

main().catch((error: unknown) => {
  say(`error: ${error instanceof Error ? error.message : String(error)}`);
  cleanUp();
  process.exitCode = 1;
});
