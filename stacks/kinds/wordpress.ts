import { z } from "zod";
import { CONTENT_FOLDER, PLACES, PLAIN_PATH, ROOT_FOLDER } from "../../agent/places";
import { WordPressSite } from "../../components";
import { siteMail } from "../mailSchema";
import { KEEP } from "../../components/sites/wordpressNginx";
import { duration } from "../values";
import { common } from "./common";
import { fillingsOf, locatedImport, wordpressImport } from "./databaseImport";
import { idleOf, onDemand } from "./onDemand";
import { phpLimits } from "./phpLimits";
import { FRONT_PAGE, needed, type SiteKind } from "./kind";

/** What WordPress signs forms with holds for 12 hours at least. */
const NONCE = 10 * 3600;

const schema = z
  .strictObject({
    ...common,
    kind: z.literal("wordpress"),
    title: z.string().min(1).optional().describe("Title at installation. Default: the name."),
    admin: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,60}$/, "must be 1 to 60 letters, digits, dots, dashes or underscores")
      .default("admin")
      .describe("Administrator's login at installation. Default: admin."),
    email: z.email().optional().describe("Administrator's e-mail address. Default: admin@ the first domain."),
    prefix: z
      .string()
      .regex(/^[A-Za-z0-9_]{1,40}$/, "must be 1 to 40 letters, digits or underscores")
      .optional()
      .describe(
        "Table prefix, where an imported database holds more than one WordPress. Default: that of the only one.",
      ),
    mail: siteMail,
    xmlrpc: z
      .boolean()
      .default(false)
      .describe(
        "Whether xmlrpc.php answers, as Jetpack and older applications need: passwords can be guessed there, 60 a minute by address. Default: false.",
      ),
    php: phpLimits,
    onDemand,
    cache: z
      .union([
        z.literal(false),
        z.strictObject({
          time: duration
            .refine((seconds) => seconds <= NONCE, {
              error:
                "must be at most 10h: what a form of WordPress's own has in it against forgery ends after 12",
            })
            .describe(
              "For how long a page that is the same for all visitors is kept, unless it changes. Default: 10s.",
            ),
        }),
      ])
      .optional()
      .describe("Whether, and for how long, pages are kept; see docs/cache.md. Default: { time: 10s }."),
    objectCache: z
      .literal("valkey")
      .optional()
      .describe(
        "Where WordPress keeps what it has read and reckoned, beyond a request: the host's valkey, see docs/cache.md. `varvol upgrade <site>` locks the extension that it needs. Default: nowhere.",
      ),
    moved: z
      .record(
        z
          .string()
          .regex(PLAIN_PATH, "must be a path below the document root, without a leading slash")
          .regex(/^(?!(?:wp-admin|wp-includes)(?:\/|$)|wp-content$)/, "is WordPress's own"),
        z.enum(PLACES),
      )
      .default({})
      .describe(
        "Where folders of it lay at its former host, such as `app: wp-content`: what is asked for there is answered from their place here. Default: none.",
      ),
    staging: z
      .boolean()
      .default(false)
      .describe(
        "Whether it is for those alone who work on it, as `varvol clone` makes one: pages want a login, search engines are told to stay away, no mail leaves, and php reaches nothing but MySQL. Default: false.",
      ),
    import: wordpressImport(
      "Folder or archive that the WordPress lies in, or its wp-content, which fills an empty volume.",
    ).describe("Another host's WordPress to start from."),
  })
  .describe("A WordPress with a database of its own.");

export const wordpressKind: SiteKind<typeof schema> = {
  name: "wordpress",
  what: "a WordPress with a database of its own",
  schema,
  folder: CONTENT_FOLDER,
  called: "wp-content",
  login: true,
  application: "wordpress",
  sender: "wordpress",
  accepts: {
    content: "wordpress",
    as: "wordpress",
    database: "always",
    value: ({ content, database, setAside }) => ({ content, database, ...(setAside && { setAside }) }),
    keys: ({ prefix, denied, moved = {} }) => ({
      ...(prefix !== undefined && { prefix }),
      ...(denied?.length && { denied }),
      ...(Object.keys(moved).length > 0 && { moved }),
    }),
  },
  shape: ({ image }) => ({
    containers: [
      { role: "php", ...(!image && { image: "wordpress-php" }) },
      { role: "web", image: "wordpress-web" },
    ],
    folders: [CONTENT_FOLDER, ROOT_FOLDER],
    database: true,
    health: { path: "/", answers: FRONT_PAGE, further: "/wp-login.php" },
  }),
  keepsPages: ({ cache }) => cache !== false,
  located: (site) => ({ ...site, ...locatedImport(site.import) }),
  fillings: (site) =>
    fillingsOf(site.import, "wordpress").map((filling) =>
      "dump" in filling
        ? { ...filling, wordpress: { prefix: site.prefix, ownImage: site.image !== undefined } }
        : {
            ...filling,
            wordpress: {
              setAside: site.import?.setAside ?? false,
              denied: site.denied,
              moved: site.moved,
              objects: site.objectCache !== undefined,
            },
          },
    ),
  create: (site, { args, mysql, limits, phpWorkers, phpIdle }) =>
    new WordPressSite(site.name, {
      ...args,
      mysql: needed(mysql, site.name),
      memory: limits.web,
      title: site.title ?? site.name,
      admin: site.admin,
      email: site.email ?? `admin@${args.domains[0]}`,
      php: { ...site.php, workers: site.php.workers ?? phpWorkers, idle: idleOf(site.onDemand, phpIdle) },
      phpMemory: site.memory ?? limits.php,
      prefix: site.prefix,
      xmlrpc: site.xmlrpc,
      keep: site.cache === false ? 0 : (site.cache?.time ?? KEEP),
      moved: site.moved,
      staging: site.staging,
      // A copy writes to nobody.
      ...(site.staging && { mail: undefined }),
      import: site.import,
    }),
};
