import { z } from "zod";
import { step } from "../../base/output";
import { askHost } from "../../machine/scripts";
import type { HostConfig } from "../../stacks/config";

/** What one of a host's containers takes now. */
export interface Taking {
  readonly owner: string;
  readonly role: string;
  /** In hundredths of a core; undefined where docker does not say, as all that follows. */
  readonly cpu?: number;
  /** In bytes, and how many it may take. */
  readonly memory?: number;
  readonly limit: number;
  readonly processes?: number;
  /** Of php: how many requests are worked on, how many may be at once, and how many wait. */
  readonly workers?: { readonly busy: number; readonly most: number; readonly waiting: number };
}

const fpm = z.object({ "active processes": z.number(), "listen queue": z.number() });

/** What each container takes, the one that takes most of the processor first. */
export async function topOf(config: HostConfig): Promise<Taking[]> {
  return readTop(await step("Top", () => askHost(config, "top", [`varvol/${config.stack}`])));
}

/** What the script top has said. */
export function readTop(said: string): Taking[] {
  const lines = said.split("\n").map((line) => line.split("\t"));
  const of = (what: string, id: string) => lines.find(([key, one]) => key === what && one === id)?.slice(2);
  return lines
    .filter(([key]) => key === "container")
    .map(([, id = "", owner = "", role = "", limit, most]): Taking => {
      const stats = of("stats", id);
      const php = of("php", id);
      const [cpu = "", memory = "", processes = ""] = stats ?? [];
      return {
        ...{ owner, role, limit: Number(limit) },
        ...(stats && {
          cpu: Number.parseFloat(cpu) || 0,
          memory: bytesIn(memory),
          processes: Number(processes),
        }),
        ...(php && { workers: workersIn(php[0] ?? "", Number(most) || 0) }),
      };
    })
    .sort((a, b) => (b.cpu ?? 0) - (a.cpu ?? 0) || (b.memory ?? 0) - (a.memory ?? 0));
}

/** As docker writes them: 33.77MiB / 384MiB. */
function bytesIn(text: string): number {
  const [, number = "0", unit = "B"] = /^([\d.]+)([KMGT]?i?B)/.exec(text.trim()) ?? [];
  return Math.round(Number(number) * 1024 ** Math.max(0, "BKMGT".indexOf(unit[0] ?? "B")));
}

/** It answers by a worker, which is not counted; where none was free to answer, all are busy. */
function workersIn(json: string, most: number): Taking["workers"] {
  if (json === "") return { busy: most, most, waiting: 0 };
  try {
    const status = fpm.parse(JSON.parse(json));
    return { busy: Math.max(0, status["active processes"] - 1), most, waiting: status["listen queue"] };
  } catch {
    // A site may have put something else in php-fpm's place.
    return undefined;
  }
}
