import { Exit } from "../../base/errors";
import { json } from "../../base/output";
import { openStack } from "../../engine/stack";
import { planOf } from "../../flows/plan/ofStack";
import * as texts from "../options";
import { planMarkdown } from "../plan/markdown";
import { planText } from "../plan/text";

interface Options extends texts.JsonOption {
  readonly markdown?: boolean;
}

export const options: texts.OptionsOf<Options> = {
  json: texts.json,
  markdown: ["--markdown", "print Markdown, for a pull request"],
};

/** Says what `up` would do to each container, why, and what that interrupts. Changes nothing. */
export async function run(options: Options): Promise<void> {
  const plan = await planOf(await openStack(options));
  if (options.json) json(plan);
  else process.stdout.write(options.markdown ? planMarkdown(plan) : planText(plan));
  if (plan.policies.verdicts.some(({ level }) => level === "error")) throw new Exit(1);
}
