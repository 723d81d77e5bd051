import { UserError } from "../../base/errors";
import type { HostConfig } from "../../stacks/config";
import { shapeOf } from "../../stacks/kinds";
import { modulesOf } from "../../stacks/modules";

/**
 * The engine's options that replace the containers of sites and modules, each named as owner or owner/role.
 * The net container is not among those of "gateway", because replacing it closes the host's ports for a moment.
 */
export function replaceOptions(config: HostConfig, names: readonly string[]): string[] {
  const known = containersIn(config);
  return names.flatMap((wanted) => {
    const found = known.filter(
      ({ name }) => name === wanted || (name.startsWith(`${wanted}/`) && name !== "gateway/net"),
    );
    if (found.length === 0) {
      const all = new Set(known.flatMap(({ name }) => [name.split("/")[0] ?? "", name]));
      throw new UserError(
        `--replace ${wanted}: there is no such container`,
        `There are: ${[...all].join(", ")}`,
      );
    }
    return found.flatMap(({ resource, marked }) => [
      "--replace",
      `**docker:index/container:Container::${config.namespace}${resource}`,
      // What measures how long the server is away.
      ...(marked ? ["--replace", `**Command::${config.namespace}${resource}-mark`] : []),
    ]);
  });
}

interface KnownContainer {
  /** owner/role */
  readonly name: string;
  /** Its resource, but for the namespace. */
  readonly resource: string;
  readonly marked: boolean;
}

/** The containers that the program makes for a host. */
export function containersIn(config: HostConfig): KnownContainer[] {
  return [
    ...modulesOf(config).flatMap(({ name, containers }) =>
      containers.flatMap(({ role, resource, marked = false }) =>
        resource === undefined ? [] : [{ name: `${name}/${role}`, resource, marked }],
      ),
    ),
    ...config.sites.flatMap((site) =>
      shapeOf(site).containers.map(({ role }) => ({
        name: `${site.name}/${role}`,
        resource: `${site.name}-${role}`,
        marked: false,
      })),
    ),
  ];
}
