import { UserError } from "../../base/errors";
import type { HostConfig } from "../../stacks/config";

/** Roles of the containers that a site of each kind has. */
export const siteRoles = {
  static: ["web"],
  "static-git": ["web", "git"],
  wordpress: ["web", "php"],
} as const;

/**
 * The engine's options that replace the containers of sites and modules, each named as owner or owner/role.
 * The net container is not among those of "gateway", because replacing it closes the host's ports for a moment.
 */
export function replaceOptions(config: HostConfig, names: readonly string[]): string[] {
  const known = resources(config);
  return names.flatMap((name) => {
    const found = [...known].filter(([key]) => key === name || (key.startsWith(`${name}/`) && key !== NET));
    if (found.length === 0) {
      const all = new Set([...known.keys()].flatMap((key) => [key.split("/")[0] ?? "", key]));
      throw new UserError(
        `--replace ${name}: there is no such container`,
        `There are: ${[...all].join(", ")}`,
      );
    }
    return found.flatMap(([, resource]) => [
      "--replace",
      `**docker:index/container:Container::${config.namespace}${resource}`,
      // What measures how long the server is away.
      ...(resource === SERVER ? ["--replace", `**Command::${config.namespace}${resource}-mark`] : []),
    ]);
  });
}

const NET = "gateway/net";
const SERVER = "mysql-server";

/** The container resources of a host without their namespace, by owner/role. */
function resources(config: HostConfig): Map<string, string> {
  return new Map([
    ["gateway/gateway", "gateway"],
    [NET, "gateway-net"],
    ...(config.sites.some(({ kind }) => kind === "wordpress") ? [["mysql/mysql", SERVER] as const] : []),
    ...config.sites.flatMap(({ name, kind }) =>
      siteRoles[kind].map((role) => [`${name}/${role}`, `${name}-${role}`] as const),
    ),
  ]);
}
