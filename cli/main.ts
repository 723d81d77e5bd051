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
  /** Sites and modules whose containers are replaced although nothing about them changed. */
  replace?: readonly string[];
  markdown: boolean;
  /** Replace what was changed by hand. */
  repair: boolean;
  /** Whether the modules are meant too. */
  modules?: boolean;
  /** How to back up, where not as the stack file says. */
  mode?: string;
  /** Which snapshot to restore; its name or the beginning of that. */
  snapshot?: string;
  /** Another site that takes the data over. */
  as?: string;
  /** Where a lost host's backups are, and the file with what opens them. */
  repository?: string;
  passwordFile?: string;
  /** Move data that is there aside. */
  aside?: boolean;
  /** Use the stack file that is there. */
  keepConfig?: boolean;
}

interface Verb {
  name: string;
  /** Names that it takes, as commander writes them. */
  arguments?: string;
  about: string;
  /** Which of the options beside --stack it has. */
  options?: readonly (keyof typeof optionTexts)[];
  load: () => { run: (options: VerbOptions, names: readonly string[]) => Promise<void> };
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
    options: ["replace", "repair"],
    load: () => lazy("./verbs/up") as typeof import("./verbs/up"),
  },
  {
    name: "plan",
    about: "say what `up` would do to each container, why, and what that interrupts",
    options: ["json", "markdown"],
    load: () => lazy("./verbs/plan") as typeof import("./verbs/plan"),
  },
  {
    name: "drift",
    about: "say what was changed by hand on the host; exit code 1 if anything was",
    options: ["json"],
    load: () => lazy("./verbs/drift") as typeof import("./verbs/drift"),
  },
  {
    name: "preview",
    about: "show what `up` would change, in the engine's own words",
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
    arguments: "[name]",
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
    name: "recover",
    about: "put right what a killed command left, or a damaged state; deletes no data",
    load: () => lazy("./verbs/recover") as typeof import("./verbs/recover"),
  },
  {
    name: "purge",
    arguments: "<name>",
    about: "delete the data of a site that is no longer configured",
    options: ["yes"],
    load: () => lazy("./verbs/purge") as typeof import("./verbs/purge"),
  },
  {
    name: "upgrade",
    arguments: "[name...]",
    about: "lock the newest versions for all sites, or those named; nothing runs them before `up`",
    options: ["modules", "json"],
    load: () => lazy("./verbs/upgrade") as typeof import("./verbs/upgrade"),
  },
  {
    name: "rollback",
    arguments: "[name...]",
    about: "go back to the previous generation's image, where data allows it",
    load: () => lazy("./verbs/rollback") as typeof import("./verbs/rollback"),
  },
  {
    name: "prune",
    about: "remove images that nothing needs, but the current and the previous ones",
    options: ["json"],
    load: () => lazy("./verbs/prune") as typeof import("./verbs/prune"),
  },
  {
    name: "backup",
    arguments: "[name...]",
    about: "take an encrypted snapshot of each site, or of those named",
    options: ["modules", "mode", "json"],
    load: () => lazy("./verbs/backup") as typeof import("./verbs/backup"),
  },
  {
    name: "snapshots",
    arguments: "[name...]",
    about: "list the snapshots, of all sites or of those named",
    options: ["json"],
    load: () => lazy("./verbs/snapshots") as typeof import("./verbs/snapshots"),
  },
  {
    name: "restore",
    arguments: "<name>",
    about: "put a site back to a snapshot of it; the previous data returns unless it answers",
    options: ["snapshot", "as", "modules", "yes", "json"],
    load: () => lazy("./verbs/restore") as typeof import("./verbs/restore"),
  },
  {
    name: "forget",
    arguments: "[name...]",
    about: "remove the snapshots that the stack file does not say to keep",
    options: ["yes", "json"],
    load: () => lazy("./verbs/forget") as typeof import("./verbs/forget"),
  },
  {
    name: "host-backup",
    about: "take a snapshot of all sites and modules, the state and the stack file",
    options: ["mode", "json"],
    load: () => lazy("./verbs/host-backup") as typeof import("./verbs/host-backup"),
  },
  {
    name: "host-restore",
    about: "bring a lost host back on a machine with nothing, from its repository and password",
    options: ["repository", "passwordFile", "snapshot", "keepConfig", "aside", "yes"],
    load: () => lazy("./verbs/host-restore") as typeof import("./verbs/host-restore"),
  },
  {
    name: "recovery-kit",
    about: "print the page to keep on paper: what opens the backups",
    options: ["json"],
    load: () => lazy("./verbs/recovery-kit") as typeof import("./verbs/recovery-kit"),
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

const optionTexts = {
  json: ["--json", "print JSON"],
  yes: ["-y, --yes", "do not ask"],
  markdown: ["--markdown", "print Markdown, for a pull request"],
  repair: ["--repair", "also replace what was changed by hand (see: varvol drift)"],
  replace: ["--replace <name...>", "new containers for a site or module, e.g. blog, blog/php, mysql"],
  modules: ["--modules", "the modules (gateway, mysql) too"],
  repository: ["--repository <place>", "the lost host's repository"],
  passwordFile: ["--password-file <file>", "a file with the repository's password; - for standard input"],
  keepConfig: ["--keep-config", "use the stack file that is here instead of the backup's"],
  aside: ["--aside", "move data that is here to a folder beside first"],
  snapshot: ["--snapshot <name>", "the snapshot, or the beginning of its name (default: the newest)"],
  as: ["--as <site>", "another site of the stack, of the same kind, that takes the data over"],
  mode: ["--mode <mode>", "hot: nothing is stopped; stop: what writes is, while the last changes are copied"],
} as const;

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
