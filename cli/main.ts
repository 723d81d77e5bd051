import { resolve } from "node:path";
import { Command, CommanderError } from "commander";
import { explain } from "../base/errors";
import { errorColors } from "../base/output";
import type { StackChoice } from "../engine/stack";
import { everywhere, verbs } from "./commands";
import { topics } from "./topics";

/** The options of a verb that can be run on all hosts. */
interface Everywhere {
  readonly all?: boolean;
  readonly stacks?: string;
}

/** The commands. Only the one that is asked for is loaded, and so the only one whose options are known. */
export function program(words: readonly string[]): Command {
  const asked = words.find((word) => !word.startsWith("-"));
  const root = new Command("varvol")
    .description("Runs a small web host: a gateway, MySQL and sites.")
    .exitOverride()
    .showHelpAfterError()
    .helpCommand(false);
  for (const verb of verbs) {
    const command = root
      .command(verb.name, { hidden: verb.hidden })
      .description(verb.about)
      .exitOverride()
      .showHelpAfterError();
    command.option(
      "-s, --stack <name>",
      "the stack (env: VARVOL_STACK)",
      process.env.VARVOL_STACK || "local",
    );
    command.option("--config-file <path>", "the stack file, where it is not Pulumi.<stack>.yaml");
    if (verb.arguments) command.arguments(verb.arguments);
    if (verb.name !== asked) continue;
    const { options = {}, run } = verb.load();
    for (const [flags, about] of Object.values(options)) command.option(flags, about);
    if (verb.atOnce !== undefined) {
      command.option("--all", "on every host that was brought up and whose stack file is here");
      command.option(
        "--stacks <folder>",
        "with --all: where the stack files are (default: the project's folder)",
      );
    }
    command.action(async (...given: unknown[]) => {
      const { configFile, ...rest } = command.opts<StackChoice>();
      const { all, stacks }: Everywhere = command.opts();
      if (verb.atOnce !== undefined && (all || stacks !== undefined)) {
        const { runOnAll, wordsForEach } = everywhere();
        const folder = stacks === undefined ? undefined : resolve(stacks);
        return runOnAll(verb.name, wordsForEach(words, all), { atOnce: verb.atOnce, folder });
      }
      const names = given
        .slice(0, -2)
        .flat()
        .flatMap((one) => (one === undefined ? [] : [String(one)]));
      await run({ ...rest, ...(configFile && { configFile: resolve(configFile) }) }, names);
    });
  }
  return root;
}

/** The words of a command line, in which `host init` is host-init, and `help up` is `up --help`. */
export function wordsOf(words: readonly string[]): string[] {
  const [first, second = "", ...more] = words;
  if (first === "help" && second === "host" && more.length > 0) return wordsOf([first, `host-${more[0]}`]);
  if (first === "help" && !topics().includes(second) && verbs.some(({ name }) => name === second))
    return [second, "--help"];
  return first === "host" && /^[a-z]/.test(second) ? [`host-${second}`, ...more] : [...words];
}

export async function main(): Promise<void> {
  const words = wordsOf(process.argv.slice(2));
  try {
    await program(words).parseAsync(words, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed the usage; whoever asked for it with --help made no mistake.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    const { text, code } = explain(error, Boolean(process.env.VARVOL_DEBUG));
    if (text) process.stderr.write(`${errorColors.red("error:")} ${text}\n`);
    process.exitCode = code;
  }
}

// A reader that has seen enough (`varvol status | head -1`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
