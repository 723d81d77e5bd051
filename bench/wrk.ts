import * as fs from "node:fs";
import * as path from "node:path";
import { attempt } from "../base/exec";

export interface Wrk {
  readonly url: string;
  /** Folder for the script, where there is one. */
  readonly folder?: string;
  /** What wrk's own Lua is told. */
  readonly script?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly connections?: number;
  readonly seconds?: number;
}

/** Requests a second of one thread of wrk; throws where an answer was not a good one. */
export async function wrk({ url, folder, script, headers = {}, ...load }: Wrk): Promise<number> {
  const { connections = 32, seconds = 5 } = load;
  const file = path.join(folder ?? "", "wrk.lua");
  if (script !== undefined) fs.writeFileSync(file, script);
  const { stdout, stderr } = await attempt([
    ...["wrk", "-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "10s"],
    ...Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
    ...(script === undefined ? [] : ["-s", file]),
    url,
  ]);
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1];
  if (!rate || Number(rate) === 0 || /Non-2xx|Socket errors/.test(stdout))
    throw new Error(`wrk ${url}: ${stdout}${stderr}`);
  return Number(rate);
}
