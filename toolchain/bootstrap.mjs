// The way from a bare machine to the command line: installs the npm packages
// when they don't match package-lock.json, then runs the program asked for on
// the Node.js that they bring. Runs on any Node.js >= 20, without a package.
//
//   node toolchain/bootstrap.mjs start|varvol|test|bench [arguments]
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { packagesInstalled } from "../base/packages.cjs";

const repo = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(repo, "node_modules");
const cli = join(repo, "cli", "varvol.cjs");

const major = Number(process.versions.node.split(".")[0]);

const programs = {
  start: [cli, "start"],
  varvol: [cli],
  test: [join(repo, "test", "run.cjs")],
  bench: [join(repo, "bench", "run.cjs")],
};

function fail(message, remedy) {
  console.error(`error: ${message}\n  ${remedy}`);
  process.exit(1);
}

/** Runs a command in the foreground, hands it the signals it should have and resolves to how it ended. */
function foreground(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "inherit", ...options });
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
    child.on("error", (error) => resolve({ error }));
    child.on("exit", (code, signal) => resolve({ code: code ?? 128 + (constants.signals[signal] ?? 0) }));
  });
}

async function installPackages(development) {
  if (packagesInstalled(repo, development)) return;
  console.error("Installing the npm packages (npm ci)");
  const args = ["ci", "--no-audit", "--no-fund", "--include=dev", "--include=optional"];
  const { code, error } = await foreground("npm", args, { cwd: repo });
  if (error) fail(`npm can't be run: ${error.message}`, "Install it: apt-get install npm");
  if (code !== 0) process.exit(code);
}

/** The Node.js that the npm package `node` brings, or this one where that package has none for the machine. */
async function node() {
  const folder = join(modules, "node");
  const own = join(folder, "bin", "node");
  // npm may have been told not to run the script with which the package fetches its executable.
  if (!existsSync(own) && existsSync(folder)) {
    console.error("Installing Node.js from the npm package `node`");
    await foreground(process.execPath, ["installArchSpecificPackage.js"], { cwd: folder });
  }
  if (existsSync(own)) return own;
  if (major >= 22) return process.execPath;
  return fail(
    `the npm package \`node\` has brought no Node.js, and this one is ${process.version}`,
    "Install Node.js 22 or newer",
  );
}

if (major < 20) {
  fail(
    `Node.js ${process.version} is too old`,
    "Install Node.js 20 or newer, for example from https://nodejs.org",
  );
}
const [name = "varvol", ...rest] = process.argv.slice(2);
const program = programs[name] ?? [cli, name];
await installPackages(["test", "bench"].includes(name));
const env = { ...process.env };
// Node's own fetch heeds the proxy variables only when told to.
if (env.HTTPS_PROXY || env.https_proxy) env.NODE_USE_ENV_PROXY ??= "1";
const { code, error } = await foreground(await node(), [...program, ...rest], { env });
if (error) fail(error.message, "Remove node_modules and run this again");
process.exit(code);
