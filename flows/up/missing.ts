import type { HostFacts } from "../../engine/hostFacts";
import type { HostConfig } from "../../stacks/config";
import { siteRoles } from "./replace";

/**
 * Containers, as owner/role, that the host had and that don't run any more: removed or stopped by hand. The engine
 * looks for itself only when it is asked to, because that takes time.
 */
export function missing(config: HostConfig, facts: HostFacts): string[] {
  if (!facts.routed.has("_main")) return [];
  const routed = config.sites.filter(({ name }) => facts.routed.has(name));
  const expected = [
    ...["gateway/net", "gateway/gateway"],
    ...(routed.some(({ kind }) => kind === "wordpress") ? ["mysql/mysql"] : []),
    ...routed.flatMap(({ name, kind }) => siteRoles[kind].map((role) => `${name}/${role}`)),
  ];
  return expected.filter((container) => !facts.running.has(container));
}
