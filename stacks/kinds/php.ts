import { z } from "zod";
import { PhpSite } from "../../components";
import { siteMail } from "../mailSchema";
import { common } from "./common";
import { databaseImport, fillingsOf, locatedImport } from "./databaseImport";
import { git, gitProblems, locatedGit, PULLED } from "./git";
import { idleOf, onDemand } from "./onDemand";
import { phpLimits } from "./phpLimits";
import { FRONT_PAGE, needed, type SiteKind } from "./kind";

// Neither .. nor a hidden folder, and nothing that nginx or a shell could read as more than a name
const NAME = String.raw`[A-Za-z0-9_-][A-Za-z0-9_.-]*`;
const BELOW = new RegExp(`^${NAME}(?:/${NAME})*$`);

const schema = z
  .strictObject({
    ...common,
    kind: z.literal("php"),
    php: phpLimits,
    onDemand,
    import: databaseImport("Folder or archive of the application's code, which fills the site.").describe(
      "The code, and the database that it starts with.",
    ),
    git: git.optional().describe("A git repository that the code comes from instead, pulled on a timer."),
    root: z
      .string()
      .regex(new RegExp(`${BELOW.source}|^$`), "must be a folder below the code, without a leading slash")
      .default("")
      .describe("Document root: a folder below the code. Default: all of the code."),
    front: z
      .string()
      .regex(BELOW, "must be a script below the document root, without a leading slash")
      .regex(/\.php$/, "must be a .php file")
      .optional()
      .describe(
        "Front controller: the one script below the document root that answers whatever is no file. Default: none, each script answers by its own name.",
      ),
    writable: z
      .array(z.string().regex(BELOW, "must be a folder below the code, without a leading slash"))
      .max(16)
      .refine(
        (all) => all.every((one) => all.filter((other) => `${one}/`.startsWith(`${other}/`)).length < 2),
        { error: "must not name a folder twice, nor one in another" },
      )
      .default([])
      .describe(
        "Folders below the code that the application writes to and that keep their data. Default: none.",
      ),
    mail: siteMail,
    database: z
      .boolean()
      .default(false)
      .describe(
        "Whether it has a database; DB_HOST, DB_NAME, DB_USER, DB_PASSWORD say which. Default: false.",
      ),
    health: z
      .string()
      .regex(/^\/[A-Za-z0-9_./-]*$/, "must be a path, such as /login.php")
      .default("/")
      .describe("Page that is answered with 2xx, 3xx, 401 or 403 while the application is well. Default: /."),
  })
  .refine((site) => (site.git === undefined) !== (site.import?.content === undefined), {
    error: "must have either git or import.content, which its code comes from",
    path: ["import"],
  })
  .refine((site) => site.database || site.import?.database === undefined, {
    error: "must be true where import.database fills it",
    path: ["database"],
  })
  .describe("A PHP application.");

export const phpKind: SiteKind<typeof schema> = {
  name: "php",
  what: "any PHP application, from a folder, an archive or git",
  schema,
  folder: "site",
  sender: "noreply",
  accepts: {
    content: "files",
    as: "code",
    database: "where named",
    value: ({ content, database }) => ({ content, ...(database && { database }) }),
    keys: ({ database, denied }) => ({
      ...(database && { database: true }),
      ...(denied?.length && { denied }),
    }),
  },
  shape: (site) => ({
    containers: [
      ...(site.git ? [{ role: "git", image: "php-git" as const }] : []),
      { role: "php", ...(!site.image && { image: "php" }) },
      { role: "web", image: "web" },
    ],
    folders: ["site", ...(site.git ? ["repo"] : []), ...(site.writable.length > 0 ? ["data"] : [])],
    database: site.database,
    // What was named for it may be shut to strangers; a front page that is, is not well.
    health: { path: site.health, answers: site.health === "/" ? FRONT_PAGE : /^(?:[23]|401|403)/ },
    ...(site.git && { status: PULLED }),
  }),
  located: (site) => ({
    ...site,
    ...locatedImport(site.import),
    ...(site.git && { git: locatedGit(site.git) }),
  }),
  fillings: ({ import: from, root, denied }) =>
    fillingsOf(from, "code").map((filling) =>
      "archive" in filling ? { ...filling, served: { root, denied } } : filling,
    ),
  repository: (site) => site.git,
  problems: (site, away) => (site.git ? gitProblems(site.git, away) : []),
  create: (site, { args, mysql, limits, phpWorkers, phpIdle }) =>
    new PhpSite(site.name, {
      ...args,
      memory: limits.web,
      ...{ root: site.root, front: site.front, writable: site.writable, health: site.health },
      mysql: site.database ? needed(mysql, site.name) : undefined,
      php: { ...site.php, workers: site.php.workers ?? phpWorkers, idle: idleOf(site.onDemand, phpIdle) },
      phpMemory: site.memory ?? limits.php,
      import: site.import,
      git: site.git,
      gitMemory: limits.git,
    }),
};
