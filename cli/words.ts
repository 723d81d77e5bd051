import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parse } from "yaml";
import { paths, stacksAmong } from "../base/paths";
import type { Chosen, Words } from "./complete";

/** Snapshots that are suggested, the newest ones. */
const MOST = 20;

// What reads a whole stack takes a second to load: the names alone are read without it.
const lazy = createRequire(__filename);

/** Where a completion's words come from: the folder of stack files, these files, and for snapshots the host. */
export const WORDS: Words = {
  stacks: () => stacksAmong(readdirSync(paths().repo)),
  owners: (chosen) => {
    const { config = {} } = parse(readFileSync(fileOf(chosen), "utf8"), { merge: true }) as {
      config?: Record<string, unknown>;
    };
    const written = config["varvol:sites"];
    const sites: unknown = typeof written === "string" ? JSON.parse(written) : written;
    const nameOf = (site: unknown) => (Object(site) as { name?: unknown }).name;
    return Array.isArray(sites) ? sites.map(nameOf).filter((name) => typeof name === "string") : [];
  },
  // As the host has written down: its repository, which knows what was removed since, takes seconds to answer.
  snapshots: async (chosen, site) => {
    if (site === undefined) return [];
    const { openStack } = lazy("../engine/stack") as typeof import("../engine/stack");
    const { askHost } = lazy("../machine/scripts") as typeof import("../machine/scripts");
    const { readResults } = lazy("../flows/backup/results") as typeof import("../flows/backup/results");
    const { config } = await openStack({ stack: stackOf(chosen), configFile: chosen.configFile });
    const { backup } = readResults(await askHost(config, "results", [config.volumeRoot]), site);
    const good = backup.filter(({ ok }) => ok).map(({ run }) => run);
    return [...new Set(good)].reverse().slice(0, MOST);
  },
};

function stackOf({ stack }: Chosen): string {
  return stack ?? (process.env.VARVOL_STACK || "local");
}

function fileOf(chosen: Chosen): string {
  return chosen.configFile ?? join(paths().repo, `Pulumi.${stackOf(chosen)}.yaml`);
}
