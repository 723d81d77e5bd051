import { UserError } from "../../base/errors";
import { openStack, type StackChoice } from "../../engine/stack";
import { runBeside } from "../../flows/daily/beside";
import { wordPressNamed } from "../../flows/daily/people";
import { placePhar, readPhar, unfit, wpCommand } from "../../flows/daily/wpCli";
import type * as texts from "../options";

interface Options extends StackChoice {
  readonly phar?: string;
}

export const options: texts.OptionsOf<Options> = {
  phar: [
    "--phar <file>",
    "a WP-CLI of your own (default: varvol:wpCli, or one that is fetched once and proven by its hash)",
  ],
};

/** Runs WP-CLI beside a WordPress, as its user and within its limits, in a container of its own. */
export async function run(options: Options, [name = "", ...words]: readonly string[] = []): Promise<void> {
  const { config } = await openStack(options);
  const site = wordPressNamed(config, name);
  const problem = unfit(site, words);
  if (problem !== undefined) throw new UserError(problem);
  const place = await placePhar(config, await readPhar(options.phar ?? config.wpCli));
  process.exitCode = await runBeside(config, site, wpCommand(place, words));
}
