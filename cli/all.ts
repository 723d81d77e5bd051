import { attempt } from "../base/exec";
import { errorColors, json, say } from "../base/output";
import { UserError } from "../base/errors";
import { type Ended, type Known, knownHosts, onEach } from "../flows/hosts/all";

/** Varvol itself, as this process runs it. */
const VARVOL = [process.execPath, ...process.execArgv, process.argv[1] ?? ""];

/** The words of a command line that each host's own gets. Throws where they name one host. */
export function wordsForEach(words: readonly string[], all = false): string[] {
  if (!all) throw new UserError("--stacks goes with --all.");
  const one = words.find((word) => /^(-s|--stack|--config-file)(=|$)/.test(word));
  if (one !== undefined) throw new UserError(`--all and ${one} contradict each other: say one of them.`);
  const folder = words.indexOf("--stacks");
  return words
    .filter((word, i) => word !== "--all" && !/^--stacks(=|$)/.test(word) && (folder < 0 || i !== folder + 1))
    .slice(1);
}

/** Runs a verb of the command line on a host, in a process of its own. */
export async function runOn(
  { stack, file }: Known,
  verb: string,
  words: readonly string[],
  onLine?: (line: string) => void,
): Promise<Ended> {
  const command = [...VARVOL, verb, "-s", stack, "--config-file", file, ...words];
  const { code, stdout, stderr } = await attempt(command, { onLine });
  return { stack, code, stdout, stderr };
}

/** Runs a verb on every host that was brought up: each line behind the host's name, and who failed at the end. */
export async function runOnAll(
  verb: string,
  words: readonly string[],
  { atOnce, folder }: { readonly atOnce: number; readonly folder?: string },
): Promise<void> {
  const hosts = await knownHosts(folder);
  if (hosts.length === 0)
    throw new UserError(
      "No host was brought up yet whose stack file is here.",
      "Bring one up: npx varvol up -s <stack>",
    );
  const asJson = words.includes("--json");
  const width = Math.max(...hosts.map(({ stack }) => stack.length));
  const ended = await onEach(hosts, atOnce, (host) =>
    runOn(host, verb, words, (line) => {
      if (!asJson && line.trim() !== "") say(`${errorColors.cyan(host.stack.padEnd(width))} | ${line}`);
    }),
  );
  if (asJson)
    json(
      ended.map(({ stack, code, stdout, stderr }) => ({
        stack,
        code,
        ...output(stdout),
        ...(code !== 0 && { error: stderr.trim() }),
      })),
    );
  const failed = ended.filter(({ code }) => code !== 0).map(({ stack }) => stack);
  if (failed.length > 0) {
    say(
      `${errorColors.red("failed:")} ${failed.join(", ")}; ${ended.length - failed.length} of ${ended.length} ended well`,
    );
    process.exitCode = 1;
  } else say(`${ended.length} of ${ended.length} ended well`);
}

function output(stdout: string): { output?: unknown } {
  try {
    return { output: JSON.parse(stdout) as unknown };
  } catch {
    return stdout.trim() === "" ? {} : { output: stdout };
  }
}
