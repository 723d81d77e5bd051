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
  /** Only what the schedule says is due. */
  due?: boolean;
  /** How to back up, where not as the stack file says. */
  mode?: string;
  /** Which snapshot to restore or try; its name or the beginning of that. */
  snapshot?: string;
  /** Another site that takes the data over. */
  as?: string;
  /** Where a lost host's backups are, and the file with what opens them. */
  repository?: string;
  passwordFile?: string;
  /** What the repository's server asks for. */
  credentials?: string;
  /** Move data that is there aside. */
  aside?: boolean;
  /** Use the stack file that is there. */
  keepConfig?: boolean;
  /** The machine to bring a host back on, its public key, and the file of the key that logs in. */
  to?: string;
  hostKey?: string;
  key?: string;
  /** Where a site is taken from, its database's dump, and what it is where the stack file does not say yet. */
  from?: string;
  database?: string;
  kind?: string;
  domain?: string;
  /** False where the host is not to be brought up. */
  up?: boolean;
}

/** How each option is written, and what it does. */
export const optionTexts = {
  json: ["--json", "print JSON"],
  yes: ["-y, --yes", "do not ask"],
  markdown: ["--markdown", "print Markdown, for a pull request"],
  repair: ["--repair", "also replace what was changed by hand (see: varvol drift)"],
  replace: ["--replace <name...>", "new containers for a site or module, e.g. blog, blog/php, mysql"],
  modules: ["--modules", "the modules (gateway, mysql) too"],
  repository: ["--repository <place>", "the lost host's repository"],
  passwordFile: ["--password-file <file>", "a file with the repository's password; - for standard input"],
  credentials: [
    "--credentials <file>",
    "what the repository's server asks for, as varvol:backup.credentials",
  ],
  keepConfig: ["--keep-config", "use the stack file that is here instead of the backup's"],
  to: [
    "--to <machine>",
    "another machine, as user@address[:port], or `here` (default: what the backup's has)",
  ],
  hostKey: [
    "--host-key <key>",
    "the public ssh key of the machine that --to names, as ssh-keyscan prints it",
  ],
  key: ["--key <file>", "the private key that logs in to it"],
  aside: ["--aside", "move data that is here to a folder beside first"],
  snapshot: ["--snapshot <name>", "the snapshot, or the beginning of its name (default: the newest)"],
  from: ["--from <place>", "a folder, a tar archive, or ssh://user@host[:port]/path"],
  database: ["--database <file>", "the dump of its database (.sql or .sql.gz), where it is not beside it"],
  kind: ["--kind <kind>", "static or wordpress, for a site that the stack file does not have yet"],
  domain: ["--domain <domain>", "the domain of such a site"],
  up: ["--no-up", "write the stack file only"],
  as: ["--as <site>", "another site of the stack, of the same kind, that takes the data over"],
  due: ["--due", "what the schedule says is due now, with drills and retention: for a timer"],
  mode: ["--mode <mode>", "hot: nothing is stopped; stop: what writes is, while the last changes are copied"],
} as const;
