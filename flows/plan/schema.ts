import { z } from "zod";

const change = z.strictObject({
  key: z.string().describe("What changes: memory, env NAME, mount TARGET, network NAME, ports, image …"),
  old: z.string().nullable().describe("The value so far; null where there was none."),
  new: z.string().nullable().describe("The value from now on; null where there is none any more."),
  diff: z.string().optional().describe("Unified diff, where either value has several lines."),
});

const packageChange = z.strictObject({
  name: z.string(),
  old: z.string().nullable().describe("Version so far; null where the package is new."),
  new: z.string().nullable().describe("Version from now on; null where the package goes."),
});

const interruption = z.strictObject({
  kind: z.enum(["none", "down"]).describe("none: every request is answered; down: requests fail meanwhile."),
  seconds: z
    .number()
    .nullable()
    .describe("How long it was when last measured on this host; null where nothing was measured yet."),
  what: z.string().describe("What is interrupted, in words."),
});

const container = z.strictObject({
  name: z.string().describe("owner/role, e.g. blog/php."),
  owner: z.string().describe("Site or module."),
  role: z.string().describe("What the container is for: web, php, git, gateway, net, mysql."),
  action: z.enum(["keep", "create", "replace", "delete"]),
  why: z.array(z.string()),
  changes: z.array(change),
  image: z
    .strictObject({
      old: z.string().nullable(),
      new: z.string().nullable(),
      packages: z.array(packageChange).describe("Packages whose version differs between the two images."),
    })
    .nullable()
    .describe("The image, where it changes."),
  interrupts: interruption,
  data: z
    .array(z.strictObject({ path: z.string(), access: z.enum(["read", "write"]) }))
    .describe("Folders under the volume root that the container has."),
  rollback: z
    .strictObject({ possible: z.boolean(), how: z.string() })
    .nullable()
    .describe("Whether the image that ran so far can be put back; null where the image does not change."),
});

const route = z.strictObject({
  site: z.string(),
  action: z.enum(["add", "change", "remove", "keep"]),
  old: z.array(z.string()).describe("Domains so far."),
  new: z.array(z.string()).describe("Domains from now on."),
});

const address = z.strictObject({
  site: z.string(),
  old: z.string().describe("The address so far, as it stands in the site's pages."),
  new: z.string().describe("The address from now on."),
  action: z
    .enum(["replace", "leave"])
    .describe(
      "replace: everywhere in the database and in style sheets, after a dump; leave: the site's own image would have to.",
    ),
  redirected: z.boolean().describe("Whether the old domain is still served, and leads to the new one."),
});

const rename = z.strictObject({
  site: z.string().describe("The name from now on."),
  formerly: z.string().describe("The name so far."),
  database: z.boolean().describe("Whether a database goes along, for which PHP is stopped meanwhile."),
});

const verdict = z.strictObject({
  policy: z.string(),
  level: z.enum(["error", "warning"]),
  subject: z.string().describe("The container, site or resource that is meant."),
  message: z.string(),
});

/** What `varvol plan --json` prints. */
export const planSchema = z.strictObject({
  version: z.literal(1),
  stack: z.string(),
  summary: z.strictObject({
    keep: z.number().int(),
    create: z.number().int(),
    replace: z.number().int(),
    delete: z.number().int(),
  }),
  containers: z.array(container),
  renames: z.array(rename).describe("Sites whose data and passwords go along to another name."),
  routes: z.array(route),
  addresses: z.array(address).describe("Sites whose pages name their own address, which becomes another."),
  volumes: z.array(
    z.strictObject({
      name: z.string(),
      path: z.string(),
      action: z
        .enum(["create", "keep", "leave"])
        .describe("leave: nothing uses it any more; it stays until it is purged."),
    }),
  ),
  databases: z.array(
    z.strictObject({ name: z.string(), action: z.enum(["create", "check", "keep", "leave"]) }),
  ),
  certificates: z.array(
    z.strictObject({
      site: z.string(),
      action: z.enum(["create", "renew", "replace", "keep", "remove"]),
      why: z.string(),
    }),
  ),
  networks: z.array(
    z.strictObject({ name: z.string(), action: z.enum(["create", "replace", "delete", "keep"]) }),
  ),
  events: z
    .array(
      z.strictObject({
        site: z.string(),
        action: z
          .enum(["backup", "restore", "drill"])
          .describe("backup: a snapshot before all else; restore: the site's data becomes a snapshot's."),
        detail: z.string().describe("How it is backed up, or the snapshot that is restored or tried."),
      }),
    )
    .describe("What happens once, beside what there is then."),
  policies: z.strictObject({
    verdicts: z.array(verdict),
    off: z.array(z.string()).describe("Policies that the stack file turns off."),
  }),
});

export type Plan = z.infer<typeof planSchema>;
export type PlannedContainer = Plan["containers"][number];
export type Interruption = PlannedContainer["interrupts"];
export type KeyChange = z.infer<typeof change>;
export type PackageChange = z.infer<typeof packageChange>;
export type Verdict = z.infer<typeof verdict>;

/** The published schema: schema/plan.schema.json. */
export function planJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(planSchema), title: "Varvol plan" };
}
