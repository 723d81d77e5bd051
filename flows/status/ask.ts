import { shellCommand } from "../../base/quoting";
import { scriptOnHost } from "../../machine/host";
import { scriptText } from "../../machine/scripts";
import type { HostConfig } from "../../stacks/config";
import { shapeOf, type SiteConfig } from "../../stacks/kinds";

/** Seconds that a site has for its answers. */
export const PATIENCE = 14;

/** Asks the host, in one go, how its containers, disks and sites are; gives the lines that it answers. */
export function askStatus(config: HostConfig): Promise<string> {
  const further = { site: "status-site", certificates: "certificates", mail: "mail" } as const;
  const texts = Object.entries(further).map(([name, script]) => `${name}=${scriptText(script)}`);
  const set = shellCommand(["export", ...texts]);
  return scriptOnHost(config, `${set}\n${scriptText("status")}`, [
    `varvol/${config.stack}`,
    `${config.namespace}gateway-net`,
    config.volumeRoot,
    String(PATIENCE),
    config.mail ? `${config.namespace}mail` : "",
    ...config.sites.flatMap(questions),
  ]);
}

function questions(site: SiteConfig): string[] {
  const { containers, health, database, status } = shapeOf(site);
  const made = containers.some(({ role }) => role === "php");
  return [
    ...[site.name, site.domains[0] ?? site.name, health.path, health.further ?? ""],
    // Of a site without php the gateway keeps pages.
    ...[made ? "" : "1", database ? "1" : "", status?.role ?? "", status?.file ?? ""],
  ];
}
