import { Exit } from "../../base/errors";
import { lookingAhead } from "../../engine/newStack";
import { openStack } from "../../engine/stack";
import { lookAtRepositories } from "../../flows/git/check";
import { preflight } from "../../flows/preflight";
import * as texts from "../options";

export const options: texts.OptionsOf<texts.JsonOption> = { json: texts.json };

/** Shows what `up` would change, in the engine's own words. */
export async function run(options: texts.JsonOption): Promise<void> {
  const stack = await openStack(options);
  const facts = await preflight(stack.config);
  await lookAtRepositories(stack.config, facts);
  const args = ["preview", options.json ? "--json" : "--diff"];
  const result = await lookingAhead(stack, facts.running, (ahead) =>
    ahead.pulumi(args, { output: "inherit" }),
  );
  if (result.code !== 0) throw new Exit(1);
}
