import { UserError } from "../../base/errors";
import { colors, json, step } from "../../base/output";
import { openStack } from "../../engine/stack";
import { testNotify } from "../../flows/notify/test";
import * as texts from "../options";

export const options: texts.OptionsOf<texts.JsonOption> = { json: texts.json };

/** Tells all who are named in the stack file that they would be told; ends with 1 where one could not be. */
export async function run(options: texts.JsonOption, [what]: readonly string[] = []): Promise<void> {
  if (what !== "test")
    throw new UserError(`${what ?? "Nothing"} is nothing that notify can do.`, "npx varvol notify test");
  const { config } = await openStack(options);
  const tested = await step("A test", () => testNotify(config));
  if (options.json) json(tested);
  else
    for (const { to, problem } of tested)
      process.stdout.write(
        problem === ""
          ? `${colors.green("told")}: ${to}\n`
          : `${colors.red("not told")}: ${to}: ${problem}\n`,
      );
  if (tested.some(({ problem }) => problem !== "")) process.exitCode = 1;
}
