import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { attempt } from "../base/exec";
import { packagesInstalled } from "../base/packages.cjs";
import { paths, type Paths } from "../base/paths";
import { unreadable } from "../engine/workspace";
import { baseImage, hasBaseImage } from "../machine/setup/base-image";
import { findDocker } from "../machine/setup/docker";
import { findEngine } from "../machine/setup/engine";

/** One thing that this machine needs, and whether it is there. */
export interface Check {
  name: string;
  ok: boolean;
  found: string;
  remedy?: string;
}

const start = "npm start";

function node(at: Paths): Check {
  const own = existsSync(join(at.bin, "node"));
  const ok = own || Number(process.versions.node.split(".")[0]) >= 22;
  const found = `${process.version}${own ? ", the npm package" : ""}`;
  return { name: "Node.js >= 22", ok, found, remedy: "npm ci --ignore-scripts=false" };
}

function packages(at: Paths): Check {
  const ok = packagesInstalled(at.repo, false);
  const found = ok ? "as package-lock.json says" : "not what package-lock.json says";
  return { name: "npm packages", ok, found, remedy: start };
}

async function engine(at: Paths): Promise<Check> {
  const found = await findEngine(at);
  if (found) {
    const from = {
      named: "named by VARVOL_ENGINE",
      path: "found on PATH",
      download: "downloaded",
      build: "built from Go modules",
    }[found.source];
    return { name: "engine", ok: true, found: `Pulumi ${found.version}, ${from}: ${found.bin}` };
  }
  const go = await attempt(["go", "env", "GOVERSION"], { timeout: 20_000 });
  const builder = go.code === 0 ? `${go.stdout.trim()} could build it` : "no Go to build it";
  return { name: "engine", ok: false, found: `no Pulumi; ${builder}`, remedy: start };
}

async function docker(): Promise<Check[]> {
  const found = await findDocker();
  const image = `image ${baseImage}`;
  if (found.state !== "ok") {
    const remedy = found.state === "denied" ? "sudo usermod -aG docker $USER, then log in again" : start;
    return [
      { name: "Docker", ok: false, found: found.reason, remedy },
      { name: image, ok: false, found: "unknown without Docker", remedy: start },
    ];
  }
  const { version, api, arch } = found.docker;
  const present = await hasBaseImage();
  return [
    { name: "Docker", ok: true, found: `${version}, API ${api}, ${arch}` },
    { name: image, ok: present, found: present ? "present" : "not there", remedy: start },
  ];
}

function passphrase(at: Paths): Check {
  const name = "passphrase";
  const { PULUMI_CONFIG_PASSPHRASE, PULUMI_CONFIG_PASSPHRASE_FILE } = process.env;
  if (PULUMI_CONFIG_PASSPHRASE !== undefined || PULUMI_CONFIG_PASSPHRASE_FILE !== undefined) {
    return { name, ok: true, found: "given by the environment" };
  }
  if (!existsSync(at.passphrase)) {
    const lost = unreadable(at);
    if (lost.length === 0) return { name, ok: true, found: "made with the first stack" };
    const found = `not there, and needed for ${lost.join(", ")}`;
    return { name, ok: false, found, remedy: `put ${at.passphrase} back from your backup` };
  }
  const mode = statSync(at.passphrase).mode & 0o777;
  const ok = (mode & 0o077) === 0;
  const found = `${at.passphrase}, mode ${mode.toString(8)}`;
  return { name, ok, found, remedy: `chmod 600 ${at.passphrase}` };
}

/** Looks at everything, changes nothing. A remedy is told only where it is needed. */
export async function examine(): Promise<Check[]> {
  const at = paths();
  const [engineCheck, dockerChecks] = await Promise.all([engine(at), docker()]);
  const all = [node(at), packages(at), engineCheck, ...dockerChecks, passphrase(at)];
  return all.map(({ remedy, ...check }) => (check.ok ? check : { ...check, remedy }));
}
