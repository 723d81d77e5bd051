import { type Container, likeOptions } from "../../agent/containers";
import { UserError } from "../../base/errors";
import { lastLines, type Result } from "../../base/exec";
import { onHost } from "../../machine/host";
import { scriptText } from "../../machine/scripts";
import type { HostConfig } from "../../stacks/config";
import type { SiteConfig } from "../../stacks/kinds";
import { containersThere, onTerminal } from "./inside";

/** What runs in a container of its own, as a site's php is: its user, limits, volumes and networks. */
export interface BesideArgs {
  /** What runs, in place of the image's own. */
  readonly command: readonly [string, ...string[]];
  /** Defaults to none beside those of php. */
  readonly env?: Readonly<Record<string, string>>;
  /** Files of the host, each with its place in the container, where nothing writes. Defaults to none. */
  readonly files?: Readonly<Record<string, string>>;
}

/** What is asked of docker of a site's php. */
export interface Original extends Container {
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, unknown>> };
}

/** A site's php as docker has it, and the prefix of its tables where it is a WordPress. */
export interface Php {
  readonly original: Original;
  readonly prefix?: string;
}

/** A site's php that runs. Throws where there is none. */
export async function phpOf(config: HostConfig, site: SiteConfig): Promise<Php> {
  const filters = [`label=varvol.owner=${site.name}`, "label=varvol.role=php"];
  const [found] = await containersThere(config, filters);
  if (!found)
    throw new UserError(
      `${site.name}/php does not run.`,
      "npx varvol status says what does; npx varvol up starts it.",
    );
  // Both at once: over ssh each question takes a while.
  const line =
    'docker inspect --type container "$1"; docker exec "$1" cat /tmp/table-prefix 2> /dev/null || true';
  const { code, stdout, stderr } = await onHost(config, ["sh", "-c", line, "sh", found.id]);
  const end = stdout.lastIndexOf("\n]\n") + 3;
  if (code !== 0 || end < 3) throw new UserError(`${site.name}/php: ${lastLines(stderr, 2)}`);
  const [original] = JSON.parse(stdout.slice(0, end)) as Original[];
  const prefix = stdout.slice(end).trim();
  if (!original) throw new UserError(`${site.name}/php has just gone.`, "Try again.");
  return { original, ...(prefix && { prefix }) };
}

/** The words that run it on the host. */
export function besideWords(
  { stack }: Pick<HostConfig, "stack">,
  { name }: Pick<SiteConfig, "name">,
  { original, prefix }: Php,
  { command: [program, ...words], env = {}, files = {} }: BesideArgs,
  terminal: boolean,
): string[] {
  const [network = "none", ...networks] = Object.keys(original.NetworkSettings.Networks).sort();
  const variables = { ...(prefix !== undefined && { TABLE_PREFIX: prefix }), HOME: "/tmp", ...env };
  return [
    ...["sh", "-c", scriptText("beside"), "beside", networks.join(" ")],
    ...["--interactive", ...(terminal ? ["--tty"] : [])],
    ...["--pull", "never", "--log-driver", "none", "--init", "--workdir", "/srv"],
    ...["--label", `varvol.beside=varvol/${stack}/${name}`, "--network", network],
    ...likeOptions(original),
    ...original.Mounts.flatMap(({ Source, Destination, RW }) => [
      "--volume",
      `${Source}:${Destination}:${RW ? "rw" : "ro"}`,
    ]),
    ...Object.entries(files).flatMap(([source, place]) => ["--volume", `${source}:${place}:ro`]),
    ...Object.entries(variables).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
    ...["--entrypoint", program, original.Image, ...words],
  ];
}

/** Runs it with this terminal, or its input and output; gives its exit code. */
export async function runBeside(config: HostConfig, site: SiteConfig, args: BesideArgs): Promise<number> {
  const php = await phpOf(config, site);
  return onTerminal(config, (terminal) => besideWords(config, site, php, args, terminal));
}

/** Runs it with what it is given as standard input, and gives what came of it. */
export async function askBeside(
  config: HostConfig,
  site: SiteConfig,
  args: BesideArgs,
  input = "",
): Promise<Result> {
  return onHost(config, besideWords(config, site, await phpOf(config, site), args, false), { input });
}
