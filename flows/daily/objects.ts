import { UserError } from "../../base/errors";
import { lastLines } from "../../base/exec";
import { hostName, onHost } from "../../machine/host";
import type { HostConfig } from "../../stacks/config";
import type { SiteConfig } from "../../stacks/kinds";
import { containersThere } from "./inside";

/** What a WordPress's next request looks for (images/wordpress/objects.php). A php that starts forgets all by itself. */
const STALE = "/run/php/objects-stale";

/** Has a WordPress forget all objects that it keeps: those of before a change that it doesn't know of. */
export async function forgetObjects(config: HostConfig, site: SiteConfig): Promise<void> {
  const found = await containersThere(config, [`label=varvol.owner=${site.name}`, "label=varvol.role=php"]);
  for (const { id } of found) {
    const { code, stderr } = await onHost(config, ["docker", "exec", id, "touch", STALE]);
    if (code !== 0)
      throw new UserError(
        `${site.name}: its php on ${hostName(config)} forgot no objects: ${lastLines(stderr, 2)}`,
      );
  }
}
