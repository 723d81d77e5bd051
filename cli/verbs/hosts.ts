import { STOPPED } from "../../flows/siteStatus";
import { resolve } from "node:path";
import { z } from "zod";
import { colors, json, step, table } from "../../base/output";
import { openStack } from "../../engine/stack";
import { type Ended, type Known, knownHosts, onEach } from "../../flows/hosts/all";
import { runOn } from "../all";
import * as texts from "../options";

interface Options extends texts.JsonOption {
  readonly stacks?: string;
}

export const options: texts.OptionsOf<Options> = {
  stacks: ["--stacks <folder>", "where the stack files are (default: the project's folder)"],
  json: texts.json,
};

/** As many as are asked at the same time. */
const AT_ONCE = 8;

const result = z.object({ time: z.string() }).optional();
/** What is read of `status --json`. */
const status = z.object({
  ok: z.boolean(),
  sites: z.array(
    z.object({
      name: z.string(),
      state: z.string(),
      certificate: z.object({ until: z.string().optional() }).optional(),
      backup: z.object({ lastGood: result, drill: result }).optional(),
    }),
  ),
});

const HEAD = ["Host", "Address", "State", "Sites", "First certificate ends", "Last backup", "Last drill"];

interface Row {
  readonly stack: string;
  readonly address: string;
  /** Whether it answered. */
  readonly reached: boolean;
  readonly ok: boolean;
  readonly sites?: number;
  /** Sites that are not well. */
  readonly unwell?: readonly string[];
  /** The first end of a public certificate; the oldest of the sites' last good backups, and of their last drills. */
  readonly certificate?: string;
  readonly backup?: string;
  readonly drill?: string;
  readonly error?: string;
}

/** Lists the hosts that were brought up; ends with 1 where one is not well or can't be reached. */
export async function run(options: Options): Promise<void> {
  const hosts = await knownHosts(options.stacks && resolve(options.stacks));
  const rows = await step("Asking the hosts", () => onEach(hosts, AT_ONCE, row));
  if (options.json) json(rows);
  else process.stdout.write(`${table(HEAD, rows.map(shown))}\n`);
  if (rows.some(({ ok }) => !ok)) process.exitCode = 1;
}

async function row(host: Known): Promise<Row> {
  const address = await addressOf(host);
  const ended = await runOn(host, "status", ["--json"]);
  return { stack: host.stack, address, ...read(ended) };
}

async function addressOf({ stack, file }: Known): Promise<string> {
  try {
    const { ssh } = (await openStack({ stack, configFile: file })).config;
    return ssh ? `${ssh.user}@${ssh.address}${ssh.port === 22 ? "" : `:${ssh.port}`}` : "this machine";
  } catch {
    // What is wrong with its stack file, its status says.
    return "";
  }
}

function read({ stdout, stderr }: Ended): Omit<Row, "stack" | "address"> {
  try {
    const { ok, sites } = status.parse(JSON.parse(stdout));
    const unwell = sites.filter(({ state }) => state !== "ok" && state !== STOPPED).map(({ name }) => name);
    const [certificate] = sites.flatMap((site) => site.certificate?.until ?? []).sort();
    const [backup] = sites.flatMap((site) => site.backup?.lastGood?.time ?? []).sort();
    const [drill] = sites.flatMap((site) => site.backup?.drill?.time ?? []).sort();
    return { reached: true, ok, sites: sites.length, unwell, certificate, backup, drill };
  } catch {
    return {
      reached: false,
      ok: false,
      error:
        stderr
          .replace(/^error: /m, "")
          .trim()
          .split("\n")[0] ?? "",
    };
  }
}

function shown(row: Row): string[] {
  const { stack, address, ok, reached, sites = 0, unwell = [], error } = row;
  const state = ok ? colors.green("ok") : colors.red(reached ? "not well" : (error ?? ""));
  const count = reached ? `${sites}${unwell.length > 0 ? `, not well: ${unwell.join(", ")}` : ""}` : "";
  const days = [row.certificate, row.backup, row.drill].map((time) => time?.slice(0, 10) ?? "");
  return [stack, address, state, count, ...days];
}
