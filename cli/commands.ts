import { createRequire } from "node:module";
import type { VerbModule } from "./options";

interface Verb {
  name: string;
  /** Names that it takes, as commander writes them. */
  arguments?: string;
  about: string;
  /** On how many hosts it may run at the same time, where it can be run on all of them (--all). */
  atOnce?: number;
  /** Whether --help leaves it out: no person asks for it. */
  hidden?: boolean;
  load: () => VerbModule;
}

// Each verb is loaded when it is asked for: none pays for the others. By require, because import() of TypeScript
// takes a second loader, whose start alone costs half as much as all the rest.
const lazy = createRequire(__filename);

/** What runs a verb on all hosts. */
export const everywhere = () => lazy("./all") as typeof import("./all");

/** Every command, in the order of --help. */
export const verbs: readonly Verb[] = [
  {
    name: "start",
    about: "install what is missing, then bring the host up",
    load: () => lazy("./verbs/start") as typeof import("./verbs/start"),
  },
  {
    name: "up",
    about: "bring the host to what its stack describes",
    atOnce: 4,
    load: () => lazy("./verbs/up") as typeof import("./verbs/up"),
  },
  {
    name: "plan",
    about: "say what `up` would do to each container, why, and what that interrupts",
    atOnce: 4,
    load: () => lazy("./verbs/plan") as typeof import("./verbs/plan"),
  },
  {
    name: "lint",
    arguments: "[file...]",
    about: "check stack files, or those named, without a host; exit code 1 if anything is wrong",
    load: () => lazy("./verbs/lint") as typeof import("./verbs/lint"),
  },
  {
    name: "drift",
    about: "say what was changed by hand on the host; exit code 1 if anything was",
    atOnce: 4,
    load: () => lazy("./verbs/drift") as typeof import("./verbs/drift"),
  },
  {
    name: "preview",
    about: "show what `up` would change, in the engine's own words",
    load: () => lazy("./verbs/preview") as typeof import("./verbs/preview"),
  },
  {
    name: "status",
    about: "say what runs and whether it is well",
    load: () => lazy("./verbs/status") as typeof import("./verbs/status"),
  },
  {
    name: "logs",
    arguments: "[name...]",
    about:
      "print what the containers of all sites and modules wrote, or of those named, in the order of time",
    load: () => lazy("./verbs/logs") as typeof import("./verbs/logs"),
  },
  {
    name: "shell",
    arguments: "<name>",
    about: "open a shell in a site's container, as the site's own user",
    load: () => lazy("./verbs/shell") as typeof import("./verbs/shell"),
  },
  {
    name: "php",
    arguments: "<name> [arguments...]",
    about: "run php in a site's container, with its own settings: varvol php blog -- -r 'phpinfo();'",
    load: () => lazy("./verbs/php") as typeof import("./verbs/php"),
  },
  {
    name: "sql",
    arguments: "<name> [options...]",
    about: "open the client of a site's database, as the site's own user: varvol sql blog < statements.sql",
    load: () => lazy("./verbs/sql") as typeof import("./verbs/sql"),
  },
  {
    name: "cache",
    arguments: "<action> <name> [path]",
    about:
      "have a WordPress forget the pages and objects that it keeps, or pages of a path: varvol cache purge blog /news/",
    load: () => lazy("./verbs/cache") as typeof import("./verbs/cache"),
  },
  {
    name: "wp",
    arguments: "<name> [arguments...]",
    about: "run WP-CLI beside a WordPress, as its user: varvol wp blog -- plugin list",
    load: () => lazy("./verbs/wp") as typeof import("./verbs/wp"),
  },
  {
    name: "domain",
    arguments: "<action> <name> <domain>",
    about: "add a domain to a site, remove one, or move the site to one: in the stack file, then on the host",
    load: () => lazy("./verbs/domain") as typeof import("./verbs/domain"),
  },
  {
    name: "users",
    arguments: "<name>",
    about: "list who can log in to a WordPress",
    load: () => lazy("./verbs/users") as typeof import("./verbs/users"),
  },
  {
    name: "password",
    arguments: "<name> <user> [words...]",
    about: "set the password of a WordPress's user: asked for, from standard input, or made here",
    load: () => lazy("./verbs/password") as typeof import("./verbs/password"),
  },
  {
    name: "login",
    arguments: "<name> [user]",
    about: "print a link that logs a WordPress's user in, once, within five minutes",
    load: () => lazy("./verbs/login") as typeof import("./verbs/login"),
  },
  {
    name: "disk",
    arguments: "[name...]",
    about: "say what takes the disk: files, databases, logs, snapshots; by folder of the sites named",
    load: () => lazy("./verbs/disk") as typeof import("./verbs/disk"),
  },
  {
    name: "top",
    arguments: "[name...]",
    about: "say what each container takes of processor and memory now, and how busy php is",
    load: () => lazy("./verbs/top") as typeof import("./verbs/top"),
  },
  {
    name: "certs",
    arguments: "[name...]",
    about: "list the certificates of all sites, or of those named; --renew asks for them now",
    load: () => lazy("./verbs/certs") as typeof import("./verbs/certs"),
  },
  {
    name: "mail",
    arguments: "[words...]",
    about: "print what the DNS must say of the host's mail; test <address> sends one; queue lists what waits",
    load: () => lazy("./verbs/mail") as typeof import("./verbs/mail"),
  },
  {
    name: "notify",
    arguments: "<action>",
    about: "test: tell all who are told when something breaks that they would be",
    load: () => lazy("./verbs/notify") as typeof import("./verbs/notify"),
  },
  {
    name: "secret",
    arguments: "[name]",
    about: "print a generated secret, or the names of all",
    load: () => lazy("./verbs/secret") as typeof import("./verbs/secret"),
  },
  {
    name: "git-key",
    arguments: "<name>",
    about:
      "print the public key that a site's private repository must let in; it is made where it is missing",
    load: () => lazy("./verbs/git-key") as typeof import("./verbs/git-key"),
  },
  {
    name: "stop",
    arguments: "<name...>",
    about: "stop sites, or a module, until `up --start`: visitors of a site are told to come back later",
    load: () => lazy("./verbs/stop") as typeof import("./verbs/stop"),
  },
  {
    name: "destroy",
    about: "remove the host's containers; its data stays",
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
    load: () => lazy("./verbs/purge") as typeof import("./verbs/purge"),
  },
  {
    name: "upgrade",
    arguments: "[name...]",
    about:
      "lock the newest versions for all sites, or those named; nothing runs them before `up`; --check: look only",
    atOnce: 1,
    load: () => lazy("./verbs/upgrade") as typeof import("./verbs/upgrade"),
  },
  {
    name: "rollback",
    arguments: "[name...]",
    about: "go back to the previous generation's image or domains, where data allows it",
    load: () => lazy("./verbs/rollback") as typeof import("./verbs/rollback"),
  },
  {
    name: "prune",
    about: "remove images that nothing needs, but the current and the previous ones",
    load: () => lazy("./verbs/prune") as typeof import("./verbs/prune"),
  },
  {
    name: "add",
    arguments: "[name]",
    about: "put a new site into the stack file and onto the host; asks for what is not said",
    load: () => lazy("./verbs/add") as typeof import("./verbs/add"),
  },
  {
    name: "import",
    arguments: "<name>",
    about: "fill a site with a static site or WordPress from elsewhere: files and database, by ssh too",
    load: () => lazy("./verbs/import") as typeof import("./verbs/import"),
  },
  {
    name: "clone",
    arguments: "<name> <copy>",
    about:
      "make another site of what a WordPress has, with a domain of its own, for those alone who work on it",
    load: () => lazy("./verbs/clone") as typeof import("./verbs/clone"),
  },
  {
    name: "sync",
    arguments: "<from> <to>",
    about:
      "put a WordPress's database, files or uploads in the place of another's on the host, with the other's address",
    load: () => lazy("./verbs/sync") as typeof import("./verbs/sync"),
  },
  {
    name: "backup",
    arguments: "[name...]",
    about: "take an encrypted snapshot of each site, or of those named",
    atOnce: 4,
    load: () => lazy("./verbs/backup") as typeof import("./verbs/backup"),
  },
  {
    name: "snapshots",
    arguments: "[name...]",
    about: "list the snapshots, of all sites or of those named",
    load: () => lazy("./verbs/snapshots") as typeof import("./verbs/snapshots"),
  },
  {
    name: "restore",
    arguments: "<name>",
    about: "put a site back to a snapshot of it; the previous data returns unless it answers",
    load: () => lazy("./verbs/restore") as typeof import("./verbs/restore"),
  },
  {
    name: "drill",
    arguments: "[name...]",
    about: "prove that a snapshot restores: the site is started from it beside the live one, and asked",
    load: () => lazy("./verbs/drill") as typeof import("./verbs/drill"),
  },
  {
    name: "forget",
    arguments: "[name...]",
    about: "remove the snapshots that the stack file does not say to keep",
    load: () => lazy("./verbs/forget") as typeof import("./verbs/forget"),
  },
  {
    name: "evidence",
    about: "print what proves that each site can be restored: snapshots, their age, the last drills",
    load: () => lazy("./verbs/evidence") as typeof import("./verbs/evidence"),
  },
  {
    name: "hosts",
    about: "list the hosts that were brought up: state, sites, certificates, backups, drills",
    load: () => lazy("./verbs/hosts") as typeof import("./verbs/hosts"),
  },
  {
    name: "host-init",
    arguments: "<user@address>",
    about: "make a fresh Debian a host: docker, a user, a firewall, security updates",
    load: () => lazy("./verbs/host-init") as typeof import("./verbs/host-init"),
  },
  {
    name: "host-doctor",
    about: "look at all that host-init gives a machine, change nothing",
    load: () => lazy("./verbs/host-doctor") as typeof import("./verbs/host-doctor"),
  },
  {
    name: "wireguard",
    about: "print what wg-quick needs on this machine for the tunnel to the host; it has a private key in it",
    load: () => lazy("./verbs/wireguard") as typeof import("./verbs/wireguard"),
  },
  {
    name: "host-backup",
    about: "take a snapshot of all sites and modules, the state and the stack file",
    load: () => lazy("./verbs/host-backup") as typeof import("./verbs/host-backup"),
  },
  {
    name: "host-restore",
    about: "bring a lost host back on a machine with nothing, from its repository and password",
    load: () => lazy("./verbs/host-restore") as typeof import("./verbs/host-restore"),
  },
  {
    name: "recovery-kit",
    about: "print the page to keep on paper: what opens the backups",
    load: () => lazy("./verbs/recovery-kit") as typeof import("./verbs/recovery-kit"),
  },
  {
    name: "doctor",
    about: "check what this machine needs",
    load: () => lazy("./verbs/doctor") as typeof import("./verbs/doctor"),
  },
  {
    name: "help",
    arguments: "[page]",
    about: "show a page of the documentation, or what a command takes: varvol help backups",
    load: () => lazy("./verbs/help") as typeof import("./verbs/help"),
  },
  {
    name: "completion",
    arguments: "<shell>",
    about: "print what has bash, zsh or fish complete this command: varvol completion bash",
    load: () => lazy("./verbs/completion") as typeof import("./verbs/completion"),
  },
  {
    name: "__complete",
    arguments: "[words...]",
    about: "print what may follow",
    hidden: true,
    load: () => lazy("./verbs/__complete") as typeof import("./verbs/__complete"),
  },
  {
    name: "env",
    about: 'print the environment for pulumi: eval "$(varvol env)"',
    load: () => lazy("./verbs/env") as typeof import("./verbs/env"),
  },
];
