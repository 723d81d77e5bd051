import { resolve } from "node:path";
import { Command, CommanderError } from "commander";
import { verbs } from "./commands";
import { explain } from "./errors";
import { optionTexts, type VerbOptions } from "./options";
import { errorColors } from "./output";

export function program(): Command {
  const root = new Command("varvol")
    .description("Runs a small web host: a gateway, MySQL and sites.")
    .exitOverride()
    .showHelpAfterError()
    .helpCommand(false);
  for (const verb of verbs) {
    const command = root.command(verb.name).description(verb.about).exitOverride().showHelpAfterError();
    command.option(
      "-s, --stack <name>",
      "the stack (env: VARVOL_STACK)",
      process.env.VARVOL_STACK || "local",
    );
    command.option("--config-file <path>", "the stack file, where it is not Pulumi.<stack>.yaml");
    for (const option of verb.options ?? []) command.option(optionTexts[option][0], optionTexts[option][1]);
    if (verb.arguments) command.argument(verb.arguments);
    command.action(async (...given: unknown[]) => {
      const {
        json = false,
        yes = false,
        markdown = false,
        repair = false,
        configFile,
        ...rest
      } = command.opts<Partial<VerbOptions> & { stack: string }>();
      const names = verb.arguments ? [given[0] ?? []].flat().map(String) : [];
      const options = { ...rest, json, yes, markdown, repair, configFile: configFile && resolve(configFile) };
      await verb.load().run(options, names);
    });
  }
  return root;
}

export async function main(): Promise<void> {
  try {
    await program().parseAsync();
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
