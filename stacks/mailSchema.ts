import { z } from "zod";
import { domain } from "./values";

/** Ports and a limit that a stack file need not name. */
export const MAIL_DEFAULTS = { port: 587, implicit: 465, limit: 100 } as const;
const NO_LINE_END = /^[^\r\n]+$/;

const server = z
  .string()
  .regex(
    /^(?=.*[A-Za-z])[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/,
    "must be a server's name: its certificate says no address",
  );

/** `mail` of a host. */
export const mail = z
  .strictObject({
    relay: z
      .strictObject({
        host: server.describe("Name of the server that takes all mail."),
        port: z
          .number()
          .int()
          .min(1)
          .max(65535)
          .optional()
          .describe("Its port. Default: 587; 465 where tls is implicit."),
        user: z
          .string()
          .regex(/^[^\s:]+$/, "must be a login without spaces and colons")
          .optional()
          .describe("Login there. Default: none."),
        password: z
          .string()
          .regex(NO_LINE_END, "must be one line")
          .optional()
          .describe("Its password. A secret."),
        tls: z
          .enum(["starttls", "implicit", "off"])
          .optional()
          .describe(
            "How the connection is encrypted: starttls (it must become so), implicit (from the start), off. Default: starttls; implicit at port 465.",
          ),
        authority: z
          .string()
          .min(1)
          .optional()
          .describe(
            "File with the certificate, as PEM, that proves a server of your own. Default: the public authorities.",
          ),
      })
      .refine(({ user, password }) => (user === undefined) === (password === undefined), {
        error: "must have both user and password, or neither",
        path: ["password"],
      })
      .refine(({ user, tls }) => user === undefined || tls !== "off", {
        error: "must not be off where there is a password: it would be readable on its way",
        path: ["tls"],
      })
      .optional()
      .describe("A server that takes all mail and delivers it."),
    direct: z
      .literal(true)
      .optional()
      .describe(
        "Instead of a relay: deliver to each recipient's own server, by port 25. See docs/mail.md first.",
      ),
    hostname: domain
      .optional()
      .describe(
        "How the host calls itself to other servers; for direct the name that its address has in the DNS. Default: the first site's domain.",
      ),
    limit: z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .default(MAIL_DEFAULTS.limit)
      .describe(`Recipients an hour that each site may have. Default: ${MAIL_DEFAULTS.limit}.`),
  })
  .refine(({ relay, direct }) => (relay === undefined) !== (direct === undefined), {
    error: "must have either relay or direct: true",
    path: ["relay"],
  })
  .refine(({ direct, hostname }) => direct === undefined || hostname !== undefined, {
    error: "must be the name that the host's address has in the DNS, where mail goes directly",
    path: ["hostname"],
  })
  .optional()
  .describe("Mail that sites send. Default: none; see docs/mail.md.");

/** `mail` of a site. */
export const siteMail = z
  .strictObject({
    sender: z
      .email()
      .optional()
      .describe(
        "Address that its mail is from if it says none of its own, and that is told what could not be delivered. Default: wordpress@ (php: noreply@) the first domain.",
      ),
    senders: z
      .array(z.union([z.email(), domain]))
      .default([])
      .describe("Further addresses, and domains, that it may send as. Default: none but its own domains."),
  })
  .optional()
  .describe("How it sends mail, where the host has varvol:mail.");

export type MailKeys = NonNullable<z.infer<typeof mail>>;
export type SiteMailKeys = z.infer<typeof siteMail>;
