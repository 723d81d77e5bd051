import * as z from "zod";
import { WHATS } from "./notify/standing";
import { PLACES, PLAIN_PATH } from "./places";

/**
 * What the agent is asked and what it says: the one declaration for both sides. A request is the first line of a job's
 * standard input, as JSON; what else comes there is the job's to read, and its end means that whoever asked is gone.
 * Answers are lines of JSON on standard output; an error is plain words on standard error and another exit code.
 */

const name = z.string().regex(/^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/);
/** A run's name begins with its moment: 20261121t135501-3fa9. */
const run = z.string().regex(/^\d{8}t\d{6}-[0-9a-f]{1,16}$/);
const domain = z.string().regex(/^[a-z0-9.-]+$/);
const mode = z.enum(["hot", "stop"]);
const folder = z.string().regex(/^[a-z][a-z-]*$/);
const path = z.string().startsWith("/");
/** A file or folder of a volume, by its names from the volume's own folder on. */
const below = z
  .string()
  .refine(
    (text) => !text.includes("\0") && text.split("/").every((name) => !["", ".", ".."].includes(name)),
    "is no path below a volume",
  );

/** What the agent needs to know of a site: what its kind is, said as facts. */
export const subjectSchema = z.strictObject({
  name,
  /** The kind's name, or `module` for databases that no site owns. */
  kind: z.string().min(1),
  /** Folders of its volume that hold data. */
  folders: z.array(folder).readonly(),
  /** Whether a database of the same name is part of it. */
  database: z.boolean(),
  /** What the agent knows to ask beyond files and tables. */
  application: z.enum(["wordpress"]).optional(),
});

const site = subjectSchema.extend({ domain });

/** Who is told, what is watched for that, and by which images. */
export const notifySchema = z.strictObject({
  stack: z.string().min(1),
  namespace: z.string(),
  /** The agent's own image, and the one that has apprise where that is needed. */
  image: z.string().min(1),
  apprise: z.string().optional(),
  to: z.array(
    z.union([
      z.strictObject({ command: z.string() }),
      z.strictObject({ webhook: z.string() }),
      z.strictObject({ apprise: z.string() }),
    ]),
  ),
  /** Seconds from one look at the sites to the next; 0 for none. */
  every: z.number().int().min(0),
  /** Seconds that a site may take to begin its answer. */
  slow: z.number(),
  /** Whether there is a status page. */
  page: z.boolean(),
  sites: z.array(
    z.strictObject({
      name,
      kind: z.string(),
      domain: z.string(),
      path,
      /** Whether it needs MySQL. */
      database: z.boolean(),
      /** Whether an address that was never asked is needed to pass by what the gateway keeps. */
      fresh: z.boolean(),
      /** What the answer of one that is well matches. */
      answers: z.string(),
      /** Where its pulls say how they went. */
      pulls: z.strictObject({ role: z.string(), file: z.string() }).optional(),
      /** The certificate that is served, below the volume root, where no authority renews it. */
      certificate: z.string().optional(),
      /** When the versions of its packages were looked up. */
      packages: z.string().optional(),
    }),
  ),
});

/** What whoever is told gets to read, as JSON. */
export const toldSchema = z.strictObject({
  host: z.string(),
  name: z.string(),
  what: z.enum([...WHATS, "test"]),
  run: z.string(),
  /** Empty where it is well again. */
  error: z.string(),
  /** Since when it is so, in UTC. */
  time: z.string(),
});

/** Whose certificates are asked for at a public authority, and how. */
export const certificatesSchema = z.strictObject({
  stack: z.string().min(1),
  namespace: z.string(),
  /** The image that has lego, and the agent's own. */
  image: z.string().min(1),
  agent: z.string().min(1),
  /** The authority's ACME directory, and the PEM that proves it where no browser knows it. */
  directory: z.url(),
  authority: z.string().optional(),
  email: z.string().optional(),
  profile: z.string().optional(),
  eab: z.strictObject({ kid: z.string(), hmac: z.string() }).optional(),
  /** By the DNS, with the variables that lego's provider reads; else by HTTP. */
  dns: z
    .strictObject({
      provider: z.string(),
      credentials: z.record(z.string(), z.string()),
      /** Seconds that are waited, instead of asking the zone's servers whether they have a proof. */
      wait: z.number().int().optional(),
    })
    .optional(),
  /** Whom to ask in the DNS. Empty: as the machine does. */
  resolvers: z.array(z.string()),
  /** Where visitors reach the gateway by HTTP. */
  port: z.number().int(),
  sites: z.array(z.strictObject({ name, domains: z.array(z.string()).min(1) })),
});

/** Texts of files by their paths below the volume root, of the folders that certificates and what belongs to them are in. */
const certificateFiles = z.record(
  below.refine(
    (text) => /^(gateway\/(acme|certificates)|\.varvol\/certificates)\//.test(text),
    "is no certificate's",
  ),
  z.string(),
);

const span = z.strictObject({ from: z.number(), until: z.number() });

/** What came of the tries for a site's certificate, as the host keeps it. Times are in seconds since 1970. */
export const journalSchema = z.strictObject({
  /** Whom it was asked of, and for which names. */
  directory: z.string(),
  names: z.array(z.string()),
  tried: z.number(),
  /** How often it failed in a row, and why the last time. */
  failures: z.number().int(),
  error: z.string().optional(),
  /** When it is tried again. */
  next: z.number(),
  /** The newest certificate that was had, and when its authority wants it renewed. */
  held: span.extend({ issuer: z.string(), window: span.optional() }).optional(),
});

/** What of a WordPress is put in the place of another's: files are all of its content but uploads and caches. */
export const SYNCED = ["database", "files", "uploads"] as const;

export const scheduleSchema = z.strictObject({
  /** Whether the host asks by itself for what is due. */
  byItself: z.boolean(),
  entries: z.array(
    z.strictObject({
      subject: subjectSchema,
      /** Empty for modules. */
      domain: z.union([domain, z.literal("")]),
      mode,
      /** MiB that the site may take of the disk; 0 for no limit of its own. */
      disk: z.number().int().min(0).default(0),
      /** Seconds from one backup to the next, and from one drill to the next; 0 for never. */
      every: z.number().int().min(0),
      drill: z.number().int().min(0),
      /** Time of the day from which on they are counted, in the host's own time. */
      at: z.string().regex(/^\d\d:\d\d$/),
      keep: z.partialRecord(z.enum(["last", "hourly", "daily", "weekly", "monthly", "yearly"]), z.number()),
    }),
  ),
});

const expiredRun = z.strictObject({
  name: z.string(),
  run: z.string(),
  why: z.enum(["expired", "cut-off"]),
  /** Ids of its last snapshot and of the others: a run without its last is none. */
  last: z.array(z.string()),
  parts: z.array(z.string()),
});

/** What a folder or an archive is unpacked as. */
export const unpackedAs = z.strictObject({
  /** A WordPress, which lies anywhere in it; pages, without what is around them; or an application's code, as it is. */
  as: z.enum(["wordpress", "pages", "code"]),
  /** Where folders of a WordPress lay that have a place of their own here. */
  moved: z.record(z.string().regex(PLAIN_PATH), z.enum(PLACES)).readonly(),
  /** Whether what of a WordPress can't run here is to be renamed. */
  setAside: z.boolean().optional(),
});

export const requestSchema = z.discriminatedUnion("job", [
  z.strictObject({ job: z.literal("backup"), mode, run, subjects: z.array(subjectSchema).min(1).readonly() }),
  z.strictObject({
    job: z.literal("restore"),
    site,
    run,
    source: name,
    /** Whether the files stay as they are. */
    databaseOnly: z.boolean().optional(),
  }),
  /** Single files and folders, while the site serves on. */
  z.strictObject({
    job: z.literal("restore-paths"),
    site,
    run,
    source: name,
    paths: z.array(below).min(1).readonly(),
  }),
  /** A site's data and its database get another name, once: nothing happens where there is nothing of the former one. */
  z.strictObject({
    job: z.literal("rename"),
    stack: z.string().min(1),
    namespace: z.string(),
    site: subjectSchema,
    formerly: name,
  }),
  /** The files alone, into a volume that is empty or that the same host-restore filled before. */
  z.strictObject({ job: z.literal("fill"), site: subjectSchema, run }),
  /** The databases in a module's snapshot that are not there. */
  z.strictObject({ job: z.literal("databases"), module: name, run }),
  z.strictObject({ job: z.literal("drill"), site, run }),
  z.strictObject({ job: z.literal("snapshots") }),
  /** What a run has in a folder of a volume; empty for the volume's own. */
  z.strictObject({ job: z.literal("list"), site: name, run, path: z.union([below, z.literal("")]) }),
  /** The input's next `bytes` become a snapshot of the host itself. */
  z.strictObject({
    job: z.literal("keep"),
    run,
    file: z.string().regex(/^[\w.-]+$/),
    bytes: z.number().int(),
  }),
  z.strictObject({ job: z.literal("cat"), run, file: z.string().regex(/^[\w.-]+$/) }),
  z.strictObject({
    job: z.literal("expired"),
    sites: z.array(
      z.strictObject({ name: z.string(), keep: scheduleSchema.shape.entries.element.shape.keep }),
    ),
  }),
  z.strictObject({ job: z.literal("forget"), runs: z.array(expiredRun) }),
  z.strictObject({
    job: z.literal("repository"),
    stack: z.string().min(1),
    namespace: z.string(),
    image: z.string().min(1),
    location: z.string().min(1),
    /** Whether only a repository that is there will do. */
    existing: z.boolean(),
    password: z.string().min(1),
    credentials: z.string(),
  }),
  /** What is due; and to do it. */
  z.strictObject({ job: z.literal("ask") }),
  z.strictObject({ job: z.literal("due") }),
  z.strictObject({ job: z.literal("resume") }),
  /** Who is told, and what is watched for that; and to tell them that they would be. */
  z.strictObject({ job: z.literal("notify"), plan: notifySchema }),
  z.strictObject({ job: z.literal("notify-test") }),
  /** What is to be had from a public authority; and to see to it, for the sites named at once. */
  z.strictObject({ job: z.literal("certificates"), plan: certificatesSchema }),
  z.strictObject({ job: z.literal("renew"), sites: z.array(name) }),
  /** What a lost host needs to order nothing anew; and to put it where it was, before an `up`. */
  z.strictObject({ job: z.literal("certificate-files") }),
  z.strictObject({ job: z.literal("certificates-back"), files: certificateFiles }),
  /** What the program's resources Backup, Restore and Drill have the host do. */
  z.discriminatedUnion("what", [
    z.strictObject({ job: z.literal("event"), what: z.literal("backup"), subject: subjectSchema, mode }),
    z.strictObject({ job: z.literal("event"), what: z.literal("restore"), site, run, confirm: z.string() }),
    z.strictObject({
      job: z.literal("event"),
      what: z.literal("drill"),
      site,
      run: z.union([run, z.literal("latest")]),
    }),
  ]),
  /** Fills an empty database from a dump of a stranger's. */
  z.strictObject({
    job: z.literal("load"),
    container: z.string().min(1),
    database: name,
    password: z.string().min(1),
    dump: path,
  }),
  /** Puts a stranger's dump in the place of what a site's database holds. */
  z.strictObject({
    job: z.literal("replace"),
    stack: z.string().min(1),
    namespace: z.string(),
    site,
    dump: path,
  }),
  /** Puts what another site of the host has in the place of a site's own. */
  z.strictObject({
    job: z.literal("sync"),
    stack: z.string().min(1),
    namespace: z.string(),
    image: z.string().min(1),
    site,
    from: name,
    parts: z.array(z.enum(SYNCED)).min(1).readonly(),
    /** Whether the database that was there is kept as a dump. */
    keep: z.boolean(),
  }),
  /** Fills an empty folder of a volume from a folder or an archive of a stranger's. */
  z.strictObject({
    job: z.literal("unpack"),
    image: z.string().min(1),
    target: path,
    source: path,
    owner: z.string().regex(/^\d+:\d+$/),
    ...unpackedAs.shape,
  }),
]);

const part = z.strictObject({
  type: z.literal("part"),
  name: z.string(),
  part: z.enum(["files", "database"]),
  /** Bytes that were read, and that the repository grew by. */
  size: z.number(),
  added: z.number(),
});

/** A file, folder or other thing in a run, by its path below the volume. */
const entry = z.strictObject({
  path: z.string(),
  type: z.enum(["file", "dir", "other"]),
  size: z.number(),
  time: z.string(),
});

/** What an import of a site left out: how many, and the first of them. */
const leftOut = z.strictObject({
  type: z.literal("left-out"),
  name: z.string(),
  what: z.enum(["statements", "entries"]),
  count: z.number(),
  first: z.array(z.string()),
});

export const messageSchema = z.discriminatedUnion("type", [
  /** Nothing new: it only finds out whether whoever asked is still there. */
  z.strictObject({ type: z.literal("alive") }),
  z.strictObject({ type: z.literal("step"), text: z.string() }),
  /** Bytes so far, and of how many where that is known. */
  z.strictObject({ type: z.literal("progress"), at: z.number(), of: z.number().optional() }),
  z.strictObject({ type: z.literal("warning"), name: z.string(), text: z.string() }),
  z.strictObject({ type: z.literal("stopped"), containers: z.number() }),
  z.strictObject({ type: z.literal("started"), after: z.number() }),
  part,
  z.strictObject({ type: z.literal("complete"), name: z.string(), run: z.string() }),
  /** Where what was there is kept. */
  z.strictObject({ type: z.literal("dump"), file: path }),
  /** A restored site, and the seconds for which it was away. */
  z.strictObject({ type: z.literal("restored"), away: z.number() }),
  z.strictObject({
    type: z.literal("drilled"),
    answer: z.number(),
    tables: z.number().optional(),
    rows: z.number().optional(),
    files: z.number(),
    seconds: z.number(),
  }),
  z.strictObject({ type: z.literal("databases"), back: z.array(z.string()) }),
  z.strictObject({ type: z.literal("snapshots"), json: z.string() }),
  z.strictObject({ type: z.literal("listed"), entries: z.array(entry) }),
  z.strictObject({ type: z.literal("file"), text: z.string() }),
  z.strictObject({ type: z.literal("expired"), runs: z.array(expiredRun) }),
  /** Of `due`: what has its time; what was kept; what failed and was told. */
  z.strictObject({ type: z.literal("due"), name: z.string(), what: z.enum(["backup", "drill"]) }),
  z.strictObject({ type: z.literal("kept"), name: z.string() }),
  /** A certificate that was looked after: whether it is another one than before, and its end, in seconds since 1970. */
  z.strictObject({
    type: z.literal("certificate"),
    name: z.string(),
    isNew: z.boolean(),
    until: z.number().optional(),
  }),
  z.strictObject({ type: z.literal("certificate-files"), files: certificateFiles }),
  z.strictObject({ type: z.literal("told"), name: z.string() }),
  /** One who was told something on purpose; empty where he was. */
  z.strictObject({ type: z.literal("tested"), to: z.string(), problem: z.string() }),
  /** What came of an event. */
  z.strictObject({ type: z.literal("result"), run: z.string(), text: z.string() }),
  leftOut,
]);

export type Subject = z.infer<typeof subjectSchema>;
export type SiteSubject = z.infer<typeof site>;
export type Request = z.infer<typeof requestSchema>;
export type RequestOf<Job extends Request["job"]> = Extract<Request, { job: Job }>;
export type Message = z.infer<typeof messageSchema>;
export type Certificates = z.infer<typeof certificatesSchema>;
export type Journal = z.infer<typeof journalSchema>;
export type Notify = z.infer<typeof notifySchema>;
export type Told = z.infer<typeof toldSchema>;
export type Schedule = z.infer<typeof scheduleSchema>;
export type ScheduleEntry = Schedule["entries"][number];
export type Keep = ScheduleEntry["keep"];
export type ExpiredRun = z.infer<typeof expiredRun>;
export type Entry = z.infer<typeof entry>;
export type UnpackedAs = z.infer<typeof unpackedAs>["as"];
export type LeftOut = z.infer<typeof leftOut>;
export type Synced = (typeof SYNCED)[number];
export type Mode = z.infer<typeof mode>;
