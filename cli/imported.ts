import { explain, Interrupted } from "../base/errors";
import { errorColors, say } from "../base/output";
import { lookAtHost } from "../engine/hostFacts";
import type { Stack } from "../engine/stack";
import { replaceFile } from "../engine/stackFile";
import { takeOut } from "../flows/import/again";
import type { Proof } from "../flows/import/proof";
import { type NewSite, withImport } from "../flows/import/stackFile";
import type { Fetched } from "../stacks/kinds";
import { checkText } from "./edited";
import { upAndSay } from "./up";

/** Brings the host up; where that fails, nothing is left of the import, neither on the host nor in the stack file. */
export async function filled(
  stack: Stack,
  options: { readonly json?: boolean },
  before: string,
  name: string,
): Promise<readonly Proof[]> {
  const { routed } = await lookAtHost(stack.config);
  try {
    const up = { stack: stack.name, configFile: stack.file, json: options.json };
    return (await upAndSay(up)).filter(({ site }) => site === name);
  } catch (error) {
    replaceFile(stack.file, before);
    if (error instanceof Interrupted || routed.has(name)) throw error;
    const { volumes } = await lookAtHost(stack.config);
    if (volumes.includes(name)) {
      say(
        `${errorColors.yellow("warning:")} ${name} could not be brought up: what the import made is taken away.`,
      );
      await takeOut(stack, name).catch((another: unknown) =>
        say(`${errorColors.yellow("warning:")} not all of it: ${explain(another).text}`),
      );
    }
    throw error;
  }
}

/** The stack file with the import in it, checked as it will be read. */
export async function stackText(stack: Stack, site: NewSite, fetched: Fetched): Promise<string> {
  const text = withImport(stack.file, site, fetched);
  await checkText(stack, text);
  return text;
}
