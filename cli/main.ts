import { createRequire } from "node:module";
import { resolve } from "node:path";
import { Command, CommanderError } from "commander";
import { explain } from "./errors";
import { errorColors } from "./output";

/** What every verb's `run` gets first. */
export interface VerbOptions {
  stack: string;
  /** The stack file, where it is not Pulumi.<stack>.yaml. */
  configFile?: string;
  json: boolean;
  yes: boolean;
}

interface Verb {
  name: string;
  argument?: string;
  about: string;
  /** Which of the options beside --stack it has. */
  options?: readonly ("json" | "yes")[];
  load: () => { run: (options: VerbOptions, argument?: string) => Promise<void> };
}

// Each verb is loaded when it is asked for: none pays for the others. By require, because import() of TypeScript
// takes a second loader, whose start alone costs half as much as all the rest.
const lazy = createRequire(__filename);

const verbs: readonly Verb[] = [
  {
    name: "start",
    about: "install what is missing, then bring the host up",
    load: () => lazy("./verbs/start") as typeof import("./verbs/start"),
  },
  {
    name: "up",
    about: "bring the host to what its stack describes",
    load: () => lazy("./verbs/up") as typeof import("./verbs/up"),
  },
  {
    name: "preview",
    about: "say what `up` would replace and what that interrupts",
    options: ["json"],
    load: () => lazy("./verbs/preview") as typeof import("./verbs/preview"),
  },
  {
    name: "status",
    about: "say what runs and whether it is well",
    options: ["json"],
    load: () => lazy("./verbs/status") as typeof import("./verbs/status"),
  },
  {
    name: "secret",
    argument: "[name]",
    about: "print a generated secret, or the names of all",
    options: ["json"],
    load: () => lazy("./verbs/secret") as typeof import("./verbs/secret"),
  },
  {
    name: "destroy",
    about: "remove the host's containers; its data stays",
    options: ["yes"],
    load: () => lazy("./verbs/destroy") as typeof import("./verbs/destroy"),
  },
  {
    name: "purge",
    argument: "<name>",
    about: "delete the data of a site that is no longer configured",
    options: ["yes"],
    load: () => lazy("./verbs/purge") as typeof import("./verbs/purge"),
  },
  {
    name: "doctor",
    about: "check what this machine needs",
    options: ["json"],
    load: () => lazy("./verbs/doctor") as typeof import("./verbs/doctor"),
  },
  {
    name: "env",
    about: 'print the environment for pulumi: eval "$(varvol env)"',
    options: ["json"],
    load: () => lazy("./verbs/env") as typeof import("./verbs/env"),
  },
];

const optionTexts = { json: ["--json", "print JSON"], yes: ["-y, --yes", "do not ask"] } as const;

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
    if (verb.argument) command.argument(verb.argument);
    command.action(async (...given: unknown[]) => {
      const {
        stack,
        configFile,
        json = false,
        yes = false,
      } = command.opts<Partial<VerbOptions> & { stack: string }>();
      const argument = verb.argument && typeof given[0] === "string" ? given[0] : undefined;
      await verb.load().run({ stack, configFile: configFile && resolve(configFile), json, yes }, argument);
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
