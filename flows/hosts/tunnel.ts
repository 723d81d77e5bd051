import { UserError } from "../../base/errors";
import { type Stack, outputs } from "../../engine/stack";
import { onHost } from "../../machine/host";
import { toolCommand, wireguard } from "../../machine/tools";
import type { HostConfig } from "../../stacks/config";
import type { HostCheck } from "./checks";

/** The control node's end of the tunnel. Throws where there is none. */
export async function tunnelOf(stack: Stack): Promise<string> {
  if (!stack.config.tunnel)
    throw new UserError(
      `There is no tunnel to the host of ${stack.name}.`,
      "Put varvol:wireguard: true into its stack file, and run: npx varvol up",
    );
  const text = (await outputs(stack, true))?.tunnel;
  if (typeof text !== "string")
    throw new UserError(`The host of ${stack.name} has no tunnel yet.`, "npx varvol up makes it.");
  return text;
}

/** Whether the host has its end; nothing where none is wanted. */
export async function checkTunnel(config: HostConfig): Promise<HostCheck[]> {
  if (!config.tunnel) return [];
  const { code, stdout, stderr } = await onHost(
    config,
    toolCommand(config.volumeRoot, wireguard, { verb: "check" }),
  );
  // Before the first `up` there is no tool to ask.
  const isFirst = /not found|no such file/i.test(stderr);
  const lacking = code === 0 ? stdout.split("\n").filter(Boolean) : [isFirst ? "being set up" : "an answer"];
  return [
    {
      name: "WireGuard",
      ok: lacking.length === 0,
      found: lacking.length === 0 ? "there" : `lacks ${lacking.join(", ")}`,
      remedy: "npx varvol up, and: systemctl restart varvol-wireguard on the host",
    },
  ];
}
