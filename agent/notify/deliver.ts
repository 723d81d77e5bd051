import { execFileSync } from "node:child_process";
import { run } from "../process";
import type { Notify, Told } from "../protocol";
import { zoneEnv } from "../schedule";
import { appriseProblem, byApprise, CONTAINER, problemOf } from "./apprise";
import { withoutAddress } from "./words";

type To = Notify["to"][number];
type Where = Pick<Notify, "stack" | "image" | "apprise">;

/** How one who is told is called where his address may be a secret. */
export function nameOf(to: To): string {
  if ("command" in to) return "the command";
  if ("webhook" in to) return "the webhook";
  return `apprise ${to.apprise.slice(0, to.apprise.indexOf("://"))}`;
}

/** Tells one of all that has happened; gives how many of it he has been told, and why no more. */
export async function deliver(
  where: Where,
  to: To,
  all: readonly Told[],
): Promise<{ readonly told: number; readonly problem: string }> {
  if ("apprise" in to) {
    const problem = await apprise(where, to.apprise, all);
    return { told: problem === "" ? all.length : 0, problem };
  }
  for (const [told, one] of all.entries()) {
    const problem =
      "command" in to ? await byCommand(where, to.command, one) : await byWeb(where, to.webhook, one);
    if (problem !== "") return { told, problem };
  }
  return { told: all.length, problem: "" };
}

function label({ stack }: Where): string[] {
  return ["--label", `varvol.backup=${stack}/hook`];
}

/** A command is the host's own, so it runs there: with its files, programs, network and processes. */
async function byCommand(where: Where, command: string, told: Told): Promise<string> {
  const onHost = ["--pid", "host", "--uts", "host", "--network", "host", "-v", "/:/host"];
  const enter = ["--entrypoint", "chroot", where.image, "/host", "timeout", "60", "sh", "-c", command];
  return problemOf(
    await run([...CONTAINER, ...label(where), ...onHost, ...enter], { input: `${JSON.stringify(told)}\n` }),
  );
}

/** Its address may be a secret: no argument shows it, and nothing that is said. */
async function byWeb(where: Where, webhook: string, told: Told): Promise<string> {
  const curl = ["--entrypoint", "curl", where.image, "-sSf", "-o", "/dev/null", "-m", "20", "--retry", "2"];
  const type = ["-H", "content-type: application/json", "-K", "-"];
  const input = `url = ${JSON.stringify(webhook)}\ndata = ${JSON.stringify(JSON.stringify(told))}\n`;
  const problem = problemOf(await run([...CONTAINER, ...label(where), ...curl, ...type], { input }));
  return withoutAddress(problem, webhook, [new URL(webhook).hostname]);
}

async function apprise(where: Where, url: string, all: readonly Told[]): Promise<string> {
  if (where.apprise === undefined) return "the image of apprise is not there: run up";
  const { command, input } = byApprise(where.apprise, url, all, localTime, label(where));
  return appriseProblem(await run(command, { input }), url);
}

/** A moment as the host's own clocks show it, with what tells it from any other zone. */
function localTime(moment: string): string {
  return execFileSync("date", ["-d", moment, "+%Y-%m-%d %H:%M %Z (%:z)"], {
    env: zoneEnv(),
    encoding: "utf8",
  }).trim();
}
