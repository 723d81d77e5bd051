import { output } from "../process";
import type { Certificates } from "../protocol";

/** Has a part of the agent's run in a container with a network, which sees nothing else, and gives what it prints as JSON. */
export async function beside(
  { stack, agent }: Pick<Certificates, "stack" | "agent">,
  what: "look-up" | "windows",
  request: object,
): Promise<unknown> {
  const text = await output(
    [
      ...["docker", "run", "--rm", "-i", "--pull", "never", "--log-driver", "none", "--read-only"],
      ...["--label", `varvol.acme=${stack}`, "--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
      ...["--memory", "128m", "--memory-swap", "128m", "--pids-limit", "64", "--user", "65534:65534"],
      ...[agent, what],
    ],
    { input: JSON.stringify(request) },
  );
  return JSON.parse(text);
}
