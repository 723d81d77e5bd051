import { say } from "../../base/output";
import type { Stack } from "../../engine/stack";
import { scriptOnHost } from "../../machine/host";
import type { Drift } from "./compare";
import { driftLine } from "./words";

// Strange containers, added files, and networks that have only the name of one of the stack's.
const SCRIPT = String.raw`
while [ $# -gt 0 ]; do
  what=$1 subject=$2; shift 2
  case $what in
    stray) docker stop -t 10 "$subject" > /dev/null; docker rm -f "$subject" > /dev/null ;;
    added) rm -f -- "$subject" ;;
    network)
      for member in $(docker network inspect -f '{{range .Containers}}{{.Name}} {{end}}' "$subject"); do
        docker network disconnect -f "$subject" "$member"
      done
      docker network rm "$subject" > /dev/null ;;
  esac
done
`;

/**
 * The engine's options that put right what was changed by hand. What the engine can't know of is removed here.
 */
export async function repair(stack: Stack, drift: readonly Drift[]): Promise<string[]> {
  if (drift.length === 0) return [];
  const { config } = stack;
  for (const one of drift) say(`  ${driftLine(one)}`);
  const strange = drift.flatMap(({ what, kind: sort, subject, urns }) => {
    if (what === "stray") return ["stray", subject];
    if (sort === "network" && what === "made anew") return ["network", subject];
    return what === "added" && urns.length === 0 ? ["added", `${config.volumeRoot}/${subject}`] : [];
  });
  if (strange.length > 0) await scriptOnHost(config, SCRIPT, strange);
  const urns = [...new Set(drift.flatMap((one) => one.urns))];
  return ["--refresh", ...urns.flatMap((urn) => ["--replace", urn])];
}
