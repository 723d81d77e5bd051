import { ASIDE } from "../../agent/dropIns";
import { plain } from "../../agent/failure";
import { UserError } from "../../base/errors";
import { step } from "../../base/output";
import { shellCommand } from "../../base/quoting";
import { scriptOnHost } from "../../machine/host";
import { askHost, scriptText } from "../../machine/scripts";
import { deniedPattern } from "../../components/sites/denied";
import type { HostConfig } from "../../stacks/config";
import { kindOf, type SiteConfig } from "../../stacks/kinds";
import { Answers } from "../status/answers";
import { pluginsAmong, themesAmong } from "./contentNames";
import { countsInDump } from "./dumpCounts";
import { deniedBy } from "./htaccess/denied";
import { insidesOf } from "./insides";
import { openCode } from "./htaccess/words";
import { takesWordPress } from "./layout";
import {
  type Answered,
  type Asked,
  compare,
  type Facts,
  factsSchema,
  judgeAnswer,
  judgeFile,
  notesOn,
  type Proof,
  questionsOf,
  type Sides,
} from "./proof";

/** Seconds that each page has: the first one after an import compiles all of PHP. */
const PATIENCE = 30;

/** Proves those of some sites that an import filled, one after the other, and writes down which have come whole. */
export async function proveAll(config: HostConfig, names: readonly string[]): Promise<Proof[]> {
  const sites = config.sites.filter(
    (site) => names.includes(site.name) && kindOf(site.kind).fillings(site).length > 0,
  );
  // A host that comes back from its backups fills its sites by itself.
  if (sites.length === 0 || (await askHost(config, "restoring", [config.volumeRoot, "which"])) !== "")
    return [];
  const proofs: Proof[] = [];
  for (const site of sites)
    proofs.push(
      await step(
        `Proof of ${site.name}`,
        () => prove(config, site),
        inShort,
        ({ problems }) => problems.length === 0,
      ),
    );
  const well = proofs.filter(({ problems }) => problems.length === 0).map(({ site }) => site);
  if (well.length > 0) await askHost(config, "proven", [config.volumeRoot, ...well]);
  return proofs;
}

function inShort({ asked, problems }: Proof): string {
  return problems.length === 0 ? `${asked.length} answers are well` : `${problems.length} problems`;
}

/** Asks a site that has just come for what it came from, through the gateway. */
export async function prove(config: HostConfig, site: SiteConfig): Promise<Proof> {
  if (!takesWordPress(site.kind)) return ofPages(config, site);
  const found = await factsOf(config, site);
  if (!found)
    return {
      ...(await ofPages(config, site)),
      notes: ["what it holds could not be counted: its php container does not say"],
    };
  const sources = kindOf(site.kind).fillings(site);
  const archive = sources.flatMap((one) => ("archive" in one ? one : []))[0];
  const dump = sources.flatMap((one) => ("dump" in one ? one.dump : []))[0];
  const [counts, insides, answered] = await Promise.all([
    dump === undefined ? undefined : countsInDump(dump, found.facts.prefix),
    archive === undefined ? undefined : insidesOf(archive.archive, archive.wordpress?.moved),
    ask(config, site, questionsOf(found.facts, deniedOf(site))),
  ]);
  const proof = judged(site, found, answered, {
    ...(counts && { counts }),
    ...(insides?.names && { names: insides.names }),
  });
  const open = openCode(deniedBy(insides?.htaccess ?? []).denied, "denied" in site ? site.denied : []);
  return { ...proof, notes: [...found.aside.map(asideNote), ...open, ...proof.notes] };
}

/** Asks a WordPress for what another one had, as far as that came. Throws where it does not say what it holds. */
export async function proveAgainst(
  config: HostConfig,
  site: SiteConfig,
  { facts, plugins, themes }: Partial<SiteFacts>,
): Promise<Proof> {
  const found = await siteFacts(config, site);
  const answered = await ask(config, site, questionsOf(found.facts, deniedOf(site)));
  const names = plugins && themes && { plugins, themes, has: () => false };
  return judged(site, found, answered, { ...(facts && { counts: facts }), ...(names && { names }) });
}

function judged(
  site: SiteConfig,
  found: SiteFacts,
  answered: { readonly asked: Answered[]; readonly notes: readonly string[] },
  before: Sides["before"],
): Proof {
  const sides = compare({ before, after: found });
  return {
    site: site.name,
    ...sides,
    asked: answered.asked,
    problems: [...problemsOf(answered.asked), ...sides.problems],
    notes: [...sides.notes, ...answered.notes],
  };
}

function asideNote(file: string): string {
  return plain(`wp-content/${file.slice(0, -ASIDE.length)} was set aside: it lies beside as ${file}`);
}

/** Regular expressions of what is for no visitor. */
function deniedOf(site: SiteConfig): RegExp[] {
  return ("denied" in site ? site.denied : []).map((path) => new RegExp(deniedPattern(path), "i"));
}

async function ofPages(config: HostConfig, site: SiteConfig): Promise<Proof> {
  const { asked, notes } = await ask(config, site, [["front page", "/"]]);
  const counted = { compared: [], missing: { count: 0, first: [] } };
  // Files may be all that there is to a site of other kinds.
  const bare = ({ code }: Answered) => code === "404" && !takesWordPress(site.kind);
  return {
    ...{ site: site.name, ...counted, asked },
    problems: problemsOf(asked.filter((one) => !bare(one))),
    notes: [...notes, ...(asked.some(bare) ? ["there is no front page: / answers 404"] : [])],
  };
}

function problemsOf(asked: readonly Answered[]): string[] {
  return asked.flatMap(({ what, path, problem }) =>
    problem === undefined ? [] : [`the ${what} ${path} ${problem}`],
  );
}

/** What a WordPress says that it holds, and what lies in its content. */
export interface SiteFacts {
  readonly facts: Facts;
  readonly plugins: readonly string[];
  readonly themes: readonly string[];
  /** Files there that were set aside. */
  readonly aside: readonly string[];
}

async function factsOf(config: HostConfig, { name, kind }: SiteConfig): Promise<SiteFacts | undefined> {
  const folder = `${config.volumeRoot}/${name}/${kindOf(kind).folder}`;
  const said = await askHost(config, "site-facts", [`varvol/${config.stack}`, name, folder]);
  const lines = said.split("\n");
  const json = lines.find((line) => line.startsWith("{"));
  const facts = json === undefined ? undefined : factsSchema.safeParse(JSON.parse(json)).data;
  const named = (what: string) =>
    lines.flatMap((line) => (line.startsWith(`${what} `) ? line.slice(what.length + 1) : []));
  return (
    facts && {
      facts,
      plugins: pluginsAmong(named("plugin")),
      themes: themesAmong(named("theme")),
      aside: named("aside"),
    }
  );
}

/** The same. Throws where it does not say. */
export async function siteFacts(config: HostConfig, site: SiteConfig): Promise<SiteFacts> {
  const found = await factsOf(config, site);
  if (found) return found;
  throw new UserError(
    `${site.name} does not say what it holds: its php does not run, or WordPress has no database.`,
    "npx varvol status says what is wrong.",
  );
}

async function ask(
  config: HostConfig,
  { name, domains }: SiteConfig,
  questions: readonly (readonly [what: Asked, path: string])[],
): Promise<{ readonly asked: Answered[]; readonly notes: string[] }> {
  const key = (what: Asked, i: number) => `${what === "attachment" ? "file" : "page"}${i}`;
  const set = shellCommand(["export", `site=${scriptText("status-site")}`]);
  const text = await scriptOnHost(config, `${set}\n${scriptText("prove")}`, [
    ...[
      `varvol/${config.stack}`,
      `${config.namespace}gateway-net`,
      String(PATIENCE),
      name,
      domains[0] ?? name,
    ],
    ...questions.flatMap(([what, path], i) => [key(what, i), path]),
  ]);
  const answers = new Answers(text);
  const lines = text.split("\n").map((line) => line.split("\t"));
  const php = lines.flatMap(([what, said]) => (what === "php" && said !== undefined ? [said] : []));
  const judged = questions.map(([what, path], i) => {
    if (what === "attachment") {
      const [, , ...told] = lines.find(([word, of]) => word === "file" && of === key(what, i)) ?? [];
      return { answer: judgeFile(path, told), notes: [] };
    }
    const page = answers.page("page", key(what, i));
    const answer = judgeAnswer(what, page, domains, php);
    return { answer, notes: notesOn(answer, page) };
  });
  return { asked: judged.map(({ answer }) => answer), notes: judged.flatMap(({ notes }) => notes) };
}
