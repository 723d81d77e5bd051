import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { say, step, table } from "../base/output";
import { ensureBaseImage } from "../machine/setup/base-image";
import { ensureDocker, rerunInGroup } from "../machine/setup/docker";
import { ensureEngine } from "../machine/setup/engine";
import { install } from "../machine/setup/root";
import { cleanUp, TestHost } from "../test/support/testHost";
import { backupFigures, hostRestoreFigures } from "./backups";
import { edgeFigures } from "./edge";
import { engineFigures } from "./engine";
import type { Figure } from "./figure";
import { gatewayFigures } from "./gateway";
import { importFigures } from "./import";
import { certificateFigures, manySiteFigures } from "./manyNames";
import { reloadFigures } from "./reloads";
import { shareFigures } from "./shares";
import { sleepFigures } from "./sleep";

const repo = path.dirname(__dirname);
interface Measurement {
  readonly what: string;
  readonly measure: (host: TestHost) => Promise<Figure[]>;
  /** Name and port of the host that it is measured on. */
  readonly on: readonly [name: string, port: number];
}

/** The tables of docs/benchmarks.md, by the name that measures one of them alone. */
const TABLES: Readonly<Record<string, { readonly marker: string; readonly parts: readonly Measurement[] }>> =
  {
    host: {
      marker: "figures",
      parts: [
        { what: "Engine figures", measure: engineFigures, on: ["engine", 18900] },
        { what: "Gateway and memory", measure: gatewayFigures, on: ["gateway", 18910] },
        { what: "Reloads", measure: reloadFigures, on: ["reloads", 18920] },
      ],
    },
    shares: {
      marker: "figures of shares",
      parts: [{ what: "Shares", measure: shareFigures, on: ["shares", 18980] }],
    },
    sleep: {
      marker: "figures of sleep",
      parts: [{ what: "Sleep", measure: sleepFigures, on: ["sleep", 18945] }],
    },
    edge: {
      marker: "figures of the edge",
      parts: [
        { what: "Pages and handshakes", measure: edgeFigures, on: ["edge", 18990] },
        { what: "Certificates", measure: certificateFigures, on: ["names", 19000] },
        { what: "Many sites", measure: manySiteFigures, on: ["many", 19010] },
      ],
    },
    backups: {
      marker: "figures of backups",
      parts: [
        { what: "Backups", measure: backupFigures, on: ["backups", 18930] },
        { what: "Host-restore", measure: hostRestoreFigures, on: ["restore", 18940] },
      ],
    },
    import: {
      marker: "figures of imports",
      parts: [{ what: "Import", measure: importFigures, on: ["import", 18970] }],
    },
  };

async function main(): Promise<void> {
  process.chdir(repo);
  const wanted = process.argv.slice(2);
  const unknown = wanted.find((name) => !(name in TABLES));
  if (unknown !== undefined)
    throw new Error(`there is no table ${unknown}; npm run bench [-- ${Object.keys(TABLES).join(" | ")}]`);
  const docker = await step("Docker", ensureDocker);
  if (!docker) return rerunInGroup();
  await step("Engine", ensureEngine);
  await step("Base image", (s) => ensureBaseImage(docker, s));
  for (const tool of ["wrk", "zstd"])
    if (!fs.existsSync(`/usr/bin/${tool}`)) await step(tool, (s) => install(tool, [tool], s));
  let good = true;
  for (const [name, { marker, parts }] of Object.entries(TABLES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const rows = rowsOf(await measure(parts));
    process.stdout.write(`${table(["Figure", "Measured", "Limit", ""], rows)}\n`);
    write(marker, rows);
    good &&= rows.every((row) => row.at(-1) !== "MISSED");
  }
  process.exitCode = good ? 0 : 1;
}

async function measure(parts: readonly Measurement[]): Promise<Figure[]> {
  const figures: Figure[] = [];
  try {
    for (const { what, measure, on } of parts) {
      cleanUp();
      figures.push(...(await step(what, () => measure(new TestHost(...on)))));
    }
  } finally {
    cleanUp();
  }
  return figures;
}

function rowsOf(figures: readonly Figure[]): string[][] {
  return figures.map(({ what, measured, limit, ok }) => [
    what,
    measured,
    limit,
    limit === "" ? "" : ok ? "ok" : "MISSED",
  ]);
}

/** Puts a table between its two markers. */
function write(marker: string, rows: readonly string[][]): void {
  const file = path.join(repo, "docs", "benchmarks.md");
  const text = fs.readFileSync(file, "utf8");
  const [cpu] = os.cpus();
  const start = `<!-- ${marker}: written by npm run bench -->`;
  const end = `<!-- end of ${marker} -->`;
  const lines = [
    start,
    `Measured on ${new Date().toISOString().slice(0, 10)}, ${os.cpus().length} cores (${cpu?.model.trim()}), Linux ${os.release()}.`,
    "",
    "| figure | measured | limit | |",
    "|---|---|---|---|",
    ...rows.map((row) => `| ${row.join(" | ")} |`),
    end,
  ];
  fs.writeFileSync(
    file,
    text.slice(0, text.indexOf(start)) + lines.join("\n") + text.slice(text.indexOf(end) + end.length),
  );
  say(`Written to ${path.relative(repo, file)}`);
}

main().catch((error: unknown) => {
  say(`error: ${error instanceof Error ? error.message : String(error)}`);
  cleanUp();
  process.exitCode = 1;
});
