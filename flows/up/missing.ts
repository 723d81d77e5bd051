import type { HostFacts } from "../../engine/hostFacts";
import type { HostConfig } from "../../stacks/config";
import { containersIn } from "./replace";

/**
 * Containers, as owner/role, that the host had and that don't run any more: removed or stopped by hand. The engine
 * looks for itself only when it is asked to, because that takes time.
 */
export function missing(config: HostConfig, facts: HostFacts): string[] {
  if (!facts.routed.has("_main")) return [];
  const sites = config.sites.filter(({ name }) => facts.routed.has(name));
  return containersIn({ ...config, sites })
    .map(({ name }) => name)
    .filter((container) => !facts.off.has(container.split("/")[0] ?? ""))
    .filter((container) => !facts.running.has(container));
}
