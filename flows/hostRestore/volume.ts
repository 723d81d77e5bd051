import { UserError } from "../../base/errors";
import { step } from "../../base/output";
import { scriptOnHost } from "../../machine/host";
import type { HostConfig } from "../../stacks/config";
import { subjectOf } from "../../stacks/kinds";
import { askAgent } from "../backup/repository";
import { followFetch } from "../backup/text";

/** Sites and modules that have data in a volume root. */
export async function dataOn(config: HostConfig): Promise<string[]> {
  const script = `cd "$1" 2>/dev/null || exit 0
for inner in */site */content */repo mysql/data; do [ -d "$inner" ] && [ -n "$(ls -A "$inner")" ] && echo "\${inner%%/*}"; done
exit 0`;
  const found = await scriptOnHost(config, script, [config.volumeRoot]);
  return [...new Set(found.split("\n").filter(Boolean))];
}

/** Moves a volume root that nothing uses to a folder beside, and gives that one's path. */
export async function moveAside(config: HostConfig): Promise<string> {
  const script = `users=$(docker ps -a --filter "label=varvol.host=$2" --format '{{.Names}}')
[ -z "$users" ] || { echo "containers still use $1: $users; remove them first (npx varvol destroy, or docker rm -f)" >&2; exit 1; }
aside=$1.before-$(date -u +%Y%m%dT%H%M%SZ); mv -T "$1" "$aside" && echo "$aside"`;
  return (await scriptOnHost(config, script, [config.volumeRoot, `varvol/${config.stack}`])).trim();
}

/** Writes down what the host comes back to: until it has, nothing is backed up by schedule. */
export async function begin(config: HostConfig, run: string): Promise<void> {
  await scriptOnHost(config, 'echo "$2" > "$1/.varvol/restoring"', [config.volumeRoot, run]);
}

/** The host is back. */
export async function finish(config: HostConfig): Promise<void> {
  await scriptOnHost(config, 'rm -f "$1/.varvol/restoring"', [config.volumeRoot]);
}

/** Whether an earlier host-restore was cut off there. */
export async function isUnfinished(config: HostConfig, run: string, aside: boolean): Promise<boolean> {
  const script = 'head -n 1 "$1/.varvol/restoring" 2> /dev/null || true';
  const found = (await scriptOnHost(config, script, [config.volumeRoot])).trim();
  if (found === "" || found === run || aside) return found === run;
  throw new UserError(
    `The host-restore to ${found} has not finished in ${config.volumeRoot}.`,
    `Say --snapshot ${found}, which goes on with it; or --aside, to begin anew.`,
  );
}

/** The sites' files come before their containers, which leave alone what is there. */
export async function fill(config: HostConfig, runs: ReadonlyMap<string, string>): Promise<void> {
  for (const site of config.sites) {
    const run = runs.get(site.name);
    if (!run) continue;
    const request = { job: "fill", site: subjectOf(site), run } as const;
    await step(`Files of ${site.name}`, (s) => askAgent(config, request, { onMessage: followFetch(s) }));
  }
}
