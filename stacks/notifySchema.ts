import { z } from "zod";
import { duration } from "./values";

/** One who is told. */
export const notified = {
  command: z
    .string()
    .min(1)
    .describe("A shell command, run as root on the host; it reads what happened as JSON on its input."),
  webhook: z.url({ protocol: /^https?$/ }).describe("An address that gets the same by POST."),
};

export const notify = z
  .strictObject({
    apprise: z
      .array(
        z
          .string()
          .regex(
            /^[a-z][a-z0-9]{0,19}:\/\/\S+$/,
            "must be an address as apprise writes it, such as mailtos://…, tgram://…, ntfys://…",
          ),
      )
      .min(1)
      .max(16, "must be at most 16 addresses")
      .optional()
      .describe("Addresses as apprise writes them, each a secret: mail, Telegram, Matrix, Slack, ntfy …"),
    webhook: notified.webhook.optional(),
    command: notified.command.optional(),
    every: duration
      .refine((seconds) => seconds <= 3600, "must be from 10s to 1h")
      .optional()
      .describe("Time from one look at the sites to the next. Default: 1m."),
    slow: z
      .string()
      .regex(/^([1-9]|1[0-4])s$/, "must be from 1s to 14s")
      .transform((text) => Number.parseInt(text, 10))
      .optional()
      .describe("What a site may take to begin its answer. Default: 5s."),
  })
  .refine(({ apprise, webhook, command }) => apprise ?? webhook ?? command, {
    error: "must have at least one of apprise, webhook and command",
  })
  .optional()
  .describe(
    "Who is told when something breaks, and when it is well again. Default: nobody; see docs/notify.md.",
  );

export type NotifyKeys = NonNullable<z.infer<typeof notify>>;
export type HookKeys = { readonly command: string } | { readonly webhook: string };
