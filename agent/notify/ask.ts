import * as fs from "node:fs";
import * as path from "node:path";
import { root } from "../place";
import { run } from "../process";
import type { Notify } from "../protocol";

type Site = Notify["sites"][number];

/** What a site answered. */
export interface Answer {
  /** 0 for none. */
  readonly code: number;
  /** curl's own. */
  readonly exit: number;
  /** Seconds to the answer's first byte. */
  readonly seconds: number;
  /** Its php slept, and was not asked. */
  readonly asleep?: boolean;
}

/** Seconds that a site has, and sites that are asked beside each other: a small machine has other things to do. */
const PATIENCE = 15;
const BESIDE = 4;

/** A site whose php sleeps is asked what its nginx answers by itself, which is that nothing is there. */
const NGINX_ALONE = { path: "/.varvol-status", fresh: false };
/** What such an answer may be. */
export const ASLEEP_ANSWERS = /^[2-4]/;

/** Whether a site's php sleeps, as images/on-demand/waker has written down: a look each minute would keep it awake. */
export function isAsleep(name: string, of = root): boolean {
  const folder = path.join(of, name, "run");
  try {
    const [, socket] = /^(php\/php-\w+)\.sock$/.exec(fs.readlinkSync(path.join(folder, "fpm.sock"))) ?? [];
    return socket !== undefined && fs.lstatSync(path.join(folder, `${socket}.asleep`)).isFile();
  } catch {
    return false;
  }
}

/** Asks all sites by the gateway, past every cache, in one go; undefined where the gateway itself can't be asked. */
export async function askSites({ namespace, sites }: Notify): Promise<Map<string, Answer> | undefined> {
  if (sites.length === 0) return new Map();
  const asleep = new Set(sites.map(({ name }) => name).filter((name) => isAsleep(name)));
  const curl = ["curl", "-Z", "--parallel-max", String(BESIDE), "-K", "-"];
  const { stdout } = await run(["docker", "exec", "-i", `${namespace}gateway-net`, ...curl], {
    input: sites
      .map((site) => questionOf(asleep.has(site.name) ? { ...site, ...NGINX_ALONE } : site, Date.now()))
      .join("next\n"),
  });
  const answers = new Map(
    [...readAnswers(stdout)].map(([name, one]) => [name, asleep.has(name) ? { ...one, asleep: true } : one]),
  );
  // Without a connection to the gateway nothing is known of any site.
  return [...answers.values()].some(({ exit }) => exit !== 7) ? answers : undefined;
}

/** What curl reads of one site. An unknown cookie passes a cache of pages by, as does an address that was never asked. */
export function questionOf({ name, domain, path, fresh }: Site, at: number): string {
  const asked = fresh ? `${path}?varvol-status=${at}` : path;
  const options = {
    ...{ url: `https://${domain}:8443${asked}`, resolve: `${domain}:8443:127.0.0.1`, noproxy: "*" },
    ...{ "max-time": String(PATIENCE), "user-agent": "Varvol status", cookie: "varvol_status=1" },
    ...{
      output: "/dev/null",
      "write-out": `${name}\\t%{http_code}\\t%{exitcode}\\t%{time_starttransfer}\\n`,
    },
  };
  const lines = Object.entries(options).map(([key, value]) => `${key} = "${value.replaceAll('"', '\\"')}"\n`);
  return `insecure\nsilent\n${lines.join("")}`;
}

export function readAnswers(text: string): Map<string, Answer> {
  return new Map(
    text
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const [name = "", code, exit, seconds] = line.split("\t");
        return [name, { code: Number(code), exit: Number(exit), seconds: Number(seconds) }];
      }),
  );
}

/** What is wrong with an answer; empty where nothing is. A site that says itself that it is closed is not asked to be well. */
export function faultOf(answer: Answer | undefined, well: RegExp): string | undefined {
  if (!answer) return "it was not asked";
  const { code, exit } = answer;
  if (code === 503) return undefined;
  if (code === 0)
    return exit === 28 ? `no answer in ${PATIENCE} s` : "it can't be reached through the gateway";
  if (!(answer.asleep ? ASLEEP_ANSWERS : well).test(String(code))) return `it answers ${code}`;
  return exit === 28 ? `its page is not whole after ${PATIENCE} s` : exit === 0 ? "" : "its page breaks off";
}
