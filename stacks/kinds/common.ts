import { z } from "zod";
import { isDeniedPath } from "../../components/sites/denied";
import { siteBackup } from "../backupSchema";
import { requestKeys } from "../requests";
import { hsts, tls } from "../tls";
import { domain, resourceName } from "../values";
import type { Problem } from "./kind";

/** A file or folder of this machine. */
export const path = z.string().min(1);

/** An image of the user's own. */
export const pinnedImage = z
  .string()
  .regex(/^[a-z0-9][\w./:-]*@sha256:[0-9a-f]{64}$/, "must be pinned by digest, as name@sha256:…");

/** Keys that a site of any kind may have. */
export const common = {
  name: resourceName.describe(
    "Name of the site: its containers, its volume under /var/vol and its database carry it.",
  ),
  formerly: resourceName
    .optional()
    .describe(
      "The name that the site had before: its data and passwords go along, once. It may stay here. Default: none.",
    ),
  domains: z
    .array(domain)
    .min(1)
    .refine(([first]) => !first?.startsWith("*."), {
      error: "must begin with the domain that the site is served under; a wildcard redirects to it",
    })
    .describe(
      "Domains that the gateway serves the site under. The first is canonical; the others redirect to it, also those of a wildcard (*.example.org) that are no other site's.",
    ),
  image: pinnedImage.optional().describe("An image of your own instead of Varvol's, pinned by digest."),
  memory: z
    .number()
    .int()
    .min(16)
    .optional()
    .describe(
      "Memory limit in MiB of the site's php container, or of its web container where it has no other. Default: the host kind's.",
    ),
  disk: z
    .number()
    .int()
    .min(64)
    .optional()
    .describe(
      "MiB of the disk that the site's files and database may take together: above that it can't write until there is room again. Needs varvol:backup, whose agent looks. Default: no limit of its own.",
    ),
  denied: z
    .array(
      z
        .string()
        .refine(
          isDeniedPath,
          "must be a path (/wp-content/uploads/private/), or ~ and a regular expression that begins with ^/",
        ),
    )
    .default([])
    .describe(
      "Paths that answer 403: a folder with a slash at its end, a file, or ~ and a regular expression. An import adds what an .htaccess kept from visitors. Default: none.",
    ),
  tls: tls.describe("Where the site's certificate comes from. Default: the host's tls."),
  hsts: hsts.describe(
    "Tells browsers to come by HTTPS alone (Strict-Transport-Security), for so long. Default: not at all.",
  ),
  ...requestKeys,
  nginx: path
    .optional()
    .describe(
      "File of this machine with directives for the server of the site's nginx; what doesn't parse is not switched to. Default: none.",
    ),
  backup: siteBackup,
  restore: z
    .strictObject({
      snapshot: z
        .string()
        .regex(/^\d{8}t\d{6}-[0-9a-f]{4}$/, "must be a snapshot's whole name, as `varvol snapshots` lists it")
        .describe("The snapshot, as `varvol snapshots` lists it."),
      confirm: z.string().describe("replace-<site>-by-<snapshot>: what the site has by then is lost."),
    })
    .optional()
    .describe("A snapshot that the next `up` puts the site back to, once. Default: none."),
};

/** What only Varvol's own web image does, in a site whose image another may be. */
export function deniedProblems({ denied, image }: { denied: readonly string[]; image?: string }): Problem[] {
  if (denied.length === 0 || image === undefined) return [];
  const text = "is answered by Varvol's own web image; leave it out, or the key image";
  return [{ path: ["denied"], value: denied, text }];
}
