import type { HostConfig } from "../../stacks/config";
import { Exit } from "../errors";
import type { Result } from "../exec";
import type { HostFacts } from "../facts";
import type { VerbOptions } from "../main";
import { colors, errorColors, say, step } from "../output";
import { preflight } from "../preflight";
import { appendLog, changeOf, diagnosticsOf, type Change } from "../pulumiOutput";
import { ensureStack, openStack, type Stack } from "../stack";
import { printSites } from "./status";

/** Brings the host to what its stack file says. */
export async function run(options: VerbOptions): Promise<void> {
  const stack = await openStack(options);
  const facts = await step("Checks", () => preflight(stack.config));
  await ensureStack(stack);
  const refresh = missing(stack.config, facts).length > 0 ? ["--refresh"] : [];
  const changes = await deploy(
    stack,
    ["up", "--yes", "--skip-preview", "--suppress-outputs", ...refresh],
    `Stack ${stack.name}`,
  );
  await printSites(stack);
  printRemoved(stack, facts);
  if (changes === 0) process.stdout.write("\nNothing changed: the host is what the stack says.\n");
}

/**
 * Containers, as owner/role, that the host had and that don't run any more: removed or stopped by hand. The engine
 * looks for itself only when it is asked to, because that takes time.
 */
export function missing(config: HostConfig, facts: HostFacts): string[] {
  if (!facts.routed.has("_main")) return [];
  const roles = { static: ["web"], "static-git": ["web", "git"], wordpress: ["web", "php"] };
  const routed = config.sites.filter(({ name }) => facts.routed.has(name));
  const expected = [
    ...["gateway/net", "gateway/gateway"],
    ...(routed.some(({ kind }) => kind === "wordpress") ? ["mysql/mysql"] : []),
    ...routed.flatMap(({ name, kind }) => roles[kind].map((role) => `${name}/${role}`)),
  ];
  return expected.filter((container) => !facts.running.has(container));
}

/** Runs the engine and shows each change; on failure what went wrong, in the engine's own words. */
export async function deploy(stack: Stack, args: readonly string[], label: string): Promise<number> {
  const log = appendLog(stack.workspace.paths.folder);
  const done: Change[] = [];
  let result: Result | undefined;
  const work = step(
    label,
    async (s) => {
      result = await stack.pulumi([...args, "--non-interactive", "--color", "never"], {
        log,
        onLine: (line) => {
          const change = changeOf(line);
          if (!change) return;
          if (change.done) done.push(change);
          if (change.done && change.notable) s.part(change.text);
          else s.detail(change.text);
        },
      });
      if (result.code !== 0) throw new Exit(result.code);
      return done;
    },
    (changes) => (changes.length === 0 ? "no changes" : `${changes.length} changes`),
  );
  try {
    return (await work).length;
  } catch (error) {
    if (!(error instanceof Exit) || !result) throw error;
    say(
      `\n${errorColors.red("error:")} ${diagnosticsOf(result.stdout + result.stderr)}\n\n  What ran before goes on running. All of the engine's output: ${log}`,
    );
    throw new Exit(1);
  }
}

function printRemoved(stack: Stack, facts: HostFacts): void {
  const known = new Set([...stack.config.sites.map(({ name }) => name), "gateway", "mysql"]);
  for (const name of facts.volumes.filter((volume) => !known.has(volume))) {
    process.stdout.write(
      `\n${colors.yellow(name)} is no site any more. Its data stays in ${stack.config.volumeRoot}/${name} (and its database, if it had one) until: npx varvol purge ${name}\n`,
    );
  }
}
