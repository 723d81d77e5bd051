import type { OptionText } from "./options";
import { topics } from "./topics";

/** What may follow on a command line: a word and what it means. */
export interface Suggestion {
  readonly word: string;
  readonly about?: string;
}

/** A verb as far as a shell completes it. */
export interface Completed {
  readonly name: string;
  readonly about: string;
  readonly arguments?: string;
  /** Its options; asked for where one is being typed. */
  readonly options: () => readonly OptionText[];
}

/** Where the words come from that no verb knows by itself; each is asked only where it is needed. */
export interface Words {
  readonly stacks: () => readonly string[];
  /** Names of the sites and modules of a stack's file. */
  readonly owners: (stack: Chosen) => readonly string[];
  readonly snapshots: (stack: Chosen, site: string | undefined) => Promise<readonly string[]>;
}

/** The stack that a command line names. */
export interface Chosen {
  readonly stack?: string;
  readonly configFile?: string;
}

const EVERY: readonly OptionText[] = [
  ["-s, --stack <name>", "the stack"],
  ["--config-file <path>", "the stack file, where it is not Pulumi.<stack>.yaml"],
  ["-h, --help", "display help for command"],
];

/** Values of options, where there are only so many. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  "--kind": ["static", "wordpress", "php"],
  "add --kind": ["static", "static-git", "wordpress", "php"],
  "--mode": ["hot", "stop"],
  "--role": ["php", "web", "git"],
};

/** Shells that are helped. */
export const SHELLS = ["bash", "zsh", "fish"];

/** What may stand in a place: these words, what comes of all verbs, or the sites of the stack. */
type Place = readonly string[] | ((verbs: readonly Completed[]) => readonly string[]) | "sites";

/** Verbs whose arguments are not a site alone: what each place takes. */
const PLACES: Readonly<Record<string, readonly Place[]>> = {
  add: [[]],
  cache: [["purge"], "sites"],
  completion: [SHELLS],
  domain: [["add", "move", "remove"], "sites"],
  help: [(verbs) => [...new Set([...topics(), ...verbs.map(({ name }) => name)])]],
  notify: [["test"]],
  purge: [[]],
  sync: ["sites", "sites"],
};

/**
 * What may stand in the place of the last of the words, which are those behind `varvol`. Undefined where it is a file: the
 * shell knows these best.
 */
export async function complete(
  words: readonly string[],
  verbs: readonly Completed[],
  from: Words,
): Promise<readonly Suggestion[] | undefined> {
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const [name, ...given] = before;
  if (name === undefined)
    return beginning(
      current,
      verbs.map(({ name: word, about }) => ({ word, about })),
    );
  const verb = verbs.find((one) => one.name === name);
  // Behind -- all is the command's own.
  if (!verb || given.includes("--")) return undefined;
  // A verb is loaded for its options alone: that takes a second.
  const own = [...given, current].some((word) => word.startsWith("-")) ? verb.options() : [];
  const options = [...EVERY, ...own].map(read);
  const last = options.find(({ names }) => names.includes(given.at(-1) ?? ""));
  const typed = parse(given, options);
  if (last?.takes) {
    const found = await valuesOf(verb.name, last.names, typed, from);
    return (
      found &&
      beginning(
        current,
        found.map((word) => ({ word })),
      )
    );
  }
  if (current.startsWith("-"))
    return beginning(
      current,
      options.map(({ names, about }) => ({ word: names.at(-1) ?? "", about })),
    );
  const place = placeOf(verb, typed.names.length);
  const known = place === "sites" ? from.owners(typed) : typeof place === "function" ? place(verbs) : place;
  if (!known) return undefined;
  return beginning(
    current,
    known.filter((one) => !typed.names.includes(one)).map((word) => ({ word })),
  );
}

/** What a verb's argument of that number is; undefined where nothing is known of it. */
function placeOf({ name, arguments: written = "" }: Completed, at: number): Place | undefined {
  const places = PLACES[name] ?? (/^.name/.test(written) ? ["sites" as const] : []);
  return /^.name\.\.\./.test(written) ? places[0] : places[at];
}

interface Option {
  readonly names: readonly string[];
  readonly takes: boolean;
  readonly about: string;
}

function read([flags, about]: OptionText): Option {
  const names = flags.split(/[ ,]+/).filter((word) => word.startsWith("-"));
  return { names, takes: /<[^>]+>$/.test(flags), about };
}

/** The names among the words, and the stack. */
function parse(given: readonly string[], options: readonly Option[]): Chosen & { names: readonly string[] } {
  const names: string[] = [];
  const found: Record<string, string> = {};
  for (let i = 0; i < given.length; i++) {
    const word = given[i] ?? "";
    const [flag = "", value] = word.startsWith("--") ? word.split(/=(.*)/s) : [word];
    const option = options.find((one) => one.names.includes(flag));
    if (option?.takes) found[option.names.at(-1) ?? ""] = value ?? given[++i] ?? "";
    else if (!word.startsWith("-")) names.push(word);
  }
  const [stack, configFile] = [found["--stack"], found["--config-file"]];
  return { names, ...(stack && { stack }), ...(configFile && { configFile }) };
}

async function valuesOf(
  verb: string,
  names: readonly string[],
  typed: Chosen & { readonly names: readonly string[] },
  from: Words,
): Promise<readonly string[] | undefined> {
  if (names.includes("--stack")) return from.stacks();
  if (names.includes("--snapshot")) return from.snapshots(typed, typed.names[0]);
  if (names.includes("--as")) return from.owners(typed);
  const name = names.at(-1) ?? "";
  return VALUES[`${verb} ${name}`] ?? VALUES[name];
}

function beginning(current: string, all: readonly Suggestion[]): readonly Suggestion[] {
  return all.filter(({ word }) => word.startsWith(current));
}
