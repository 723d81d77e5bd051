import { UserError } from "../../base/errors";
import { lastLines } from "../../base/exec";
import { hostName, onHost } from "../../machine/host";
import { firewall, toolCommand } from "../../machine/tools";
import type { HostConfig } from "../../stacks/config";

/**
 * Has the host keep sites from each other by who is there now: the engine sets the rules while containers from before still
 * run, and nothing tells it where something else has removed them.
 */
export async function keepApart(config: HostConfig): Promise<void> {
  const result = await onHost(config, toolCommand(config.volumeRoot, firewall, { verb: "apply" }));
  if (result.code !== 0)
    throw new UserError(
      `On ${hostName(config)}: ${lastLines(result.stderr || result.stdout, 3)}`,
      "All that was to run runs, and sites may reach each other and the host: see docs/security.md.",
    );
}
