import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

const ROOT = path.join(__dirname, "..");
const SOURCE = path.join(ROOT, "agent");
const BUNDLE = path.join(ROOT, "images", "agent", "agent.js");

/** Makes images/agent/agent.js of agent/, where it is not of that already: the same file on every machine. */
export function ensureAgentBundle(): void {
  const stamp = `// ${hashOf([...sources(), path.join(ROOT, "package-lock.json")])}\n`;
  if (fs.existsSync(BUNDLE) && fs.readFileSync(BUNDLE, "utf8").startsWith(stamp)) return;
  // It takes a tenth of a second to load, which most runs can do without.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { buildSync } = require("esbuild") as typeof import("esbuild");
  const { outputFiles } = buildSync({
    entryPoints: [path.join(SOURCE, "main.ts")],
    absWorkingDir: ROOT,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    write: false,
    logLevel: "silent",
  });
  const [bundle] = outputFiles;
  if (!bundle) throw new Error("the agent was not bundled");
  const temporary = `${BUNDLE}.${process.pid}`;
  fs.writeFileSync(temporary, stamp + bundle.text, { mode: 0o644 });
  fs.renameSync(temporary, BUNDLE);
}

function sources(): string[] {
  return fs
    .readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => path.join(SOURCE, name));
}

function hashOf(files: readonly string[]): string {
  const hash = crypto.createHash("sha256");
  for (const file of files) hash.update(`${path.relative(SOURCE, file)}\0`).update(fs.readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}
