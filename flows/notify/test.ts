import { UserError } from "../../base/errors";
import { imageTag } from "../../components/imageSource";
import type { HostConfig } from "../../stacks/config";
import { askAgent } from "../backup/repository";

/** One who is named in the stack file, and why he could not be told; empty where he was. */
export interface Tested {
  readonly to: string;
  readonly problem: string;
}

/** Has the host tell all who are named. */
export async function testNotify(config: HostConfig): Promise<Tested[]> {
  if (!config.notify)
    throw new UserError(
      `Nobody is told when something breaks on the host of ${config.stack}: its stack file has no varvol:notify.`,
      "docs/notify.md says what to write there.",
    );
  const image = imageTag("agent", config.lock, "agent");
  const said = await askAgent(config, { job: "notify-test" }, { image });
  return said.flatMap((one) => (one.type === "tested" ? [{ to: one.to, problem: one.problem }] : []));
}
