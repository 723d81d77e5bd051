import { z } from "zod";
import { meant } from "../../base/nearest";
import { ALWAYS, EXTENSIONS } from "../../components/sites/phpExtensions";
import { PHP_DEFAULTS } from "../../components/sites/phpLimits";
import { duration } from "../values";

/** Settings that a key of its own has, which sets all that must go with it. */
const KEYS: Readonly<Record<string, string>> = {
  memory_limit: "php.memory",
  upload_max_filesize: "php.uploads",
  post_max_size: "php.uploads",
  max_execution_time: "php.time",
};

/** Settings that keep a site in its place, or the host's own parts working; a name that ends with a dot stands for all of its kind. */
const OWN = [
  ...["allow_url_include", "auto_append_file", "auto_prepend_file", "cgi.fix_pathinfo", "disable_classes"],
  ...["display_errors", "display_startup_errors", "enable_dl", "error_log", "expose_php", "extension"],
  ...[
    "extension_dir",
    "fastcgi.",
    "html_errors",
    "log_errors",
    "mail.",
    "opcache.enable",
    "opcache.file_cache",
  ],
  ...[
    "opcache.preload",
    "opcache.preload_user",
    "sendmail_path",
    "session.gc_divisor",
    "session.gc_probability",
  ],
  ...["session.save_handler", "session.save_path", "short_open_tag", "sys_temp_dir", "upload_tmp_dir"],
  ...["user_ini.", "zend_extension"],
];

/** Why a setting of php.ini's can't be a site's own; undefined where it can. */
export function iniProblem(name: string): string | undefined {
  const asked = name.toLowerCase();
  const key = KEYS[asked];
  if (key) return `belongs to ${key}, which sets nginx's and PHP's limits together`;
  if (OWN.some((own) => (own.endsWith(".") ? asked.startsWith(own) : asked === own)))
    return "is Varvol's own: it keeps the site in its place, or visitors from what is not for them";
  return /^[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*$/.test(name) ? undefined : "is no name of a setting of php.ini's";
}

const setting = z
  .union([
    z.boolean(),
    z.number(),
    // What would end a value, or ask for one of the environment's, is no part of any setting.
    z.string().regex(/^(?!.*\$\{)[^"\\\n\r\0]*$/, "must be a line without quotes, backslashes and ${"),
  ])
  .transform((value) => (typeof value === "boolean" ? (value ? "1" : "0") : String(value)));

const ini = z.record(z.string(), setting).superRefine((settings, context) => {
  for (const name of Object.keys(settings)) {
    const problem = iniProblem(name);
    if (problem) context.addIssue({ code: "custom", path: [name], message: problem });
  }
});

const extension = z.string().superRefine((name, context) => {
  const known = [...EXTENSIONS, ...ALWAYS];
  if (known.some((one) => one === name)) return;
  const message = `is no extension that Debian has for PHP 8.4; docs/configuration.md has the list.${meant(name, known)}`;
  context.addIssue({ code: "custom", message });
});

/** `php` of a site that runs it: what a request may take, at PHP and at each nginx before it. */
export const phpLimits = z
  .strictObject({
    memory: z
      .number()
      .int()
      .min(16)
      .default(PHP_DEFAULTS.memory)
      .describe("MiB that one request may take (memory_limit). Default: 128."),
    uploads: z
      .number()
      .int()
      .min(1)
      .max(8192)
      .default(PHP_DEFAULTS.uploads)
      .describe(
        "MiB that an uploaded file may have, at PHP (upload_max_filesize, post_max_size) and at both nginx (client_max_body_size). Default: 64.",
      ),
    time: duration
      .refine((seconds) => seconds <= 3600, {
        error: "must be at most 1h: so long may each replacement wait",
      })
      .default(PHP_DEFAULTS.time)
      .describe(
        "How long a request may take: PHP ends it then, both nginx wait a little longer, and so does each replacement. Default: 2m.",
      ),
    workers: z
      .number()
      .int()
      .min(1)
      .max(64)
      .optional()
      .describe("Requests at the same time (pm.max_children). Default: the host kind's."),
    extensions: z
      .array(extension)
      .max(32)
      .default([])
      .describe(
        "Extensions of PHP beside those that are always there, as Debian names them: imagick, redis, soap … `varvol upgrade <site>` locks them. Default: none.",
      ),
    ini: ini
      .default({})
      .describe(
        "Further settings of php.ini's, such as max_input_vars: 5000. Those of the keys above, and those that keep a site in its place, are refused. Default: none.",
      ),
  })
  .readonly()
  .prefault({})
  .describe("What PHP may take. Default: what each key says.");

/** MiB of a php container that are no request's: php-fpm itself and what OPcache keeps. */
const BESIDE = 64;
/** MiB that an idle php-fpm process takes at least. */
const IDLE = 16;

/** Keys of a site that contradict each other; `memory` is its container's, in MiB. */
export function phpContradictions(
  php: z.infer<typeof phpLimits>,
  memory: number,
  disk: number | undefined,
): { readonly key: string; readonly value: number; readonly text: string }[] {
  const most = memory - BESIDE;
  return [
    ...(php.memory > most
      ? [
          {
            ...{ key: "memory", value: php.memory },
            text: `is more than the site's container has room for: set memory to at least ${php.memory + BESIDE}, or this to at most ${most}`,
          },
        ]
      : []),
    ...(php.workers !== undefined && php.workers * IDLE > most
      ? [
          {
            ...{ key: "workers", value: php.workers },
            text: `is more than the site's container has room for: set memory to at least ${php.workers * IDLE + BESIDE}, or this to at most ${Math.floor(most / IDLE)}`,
          },
        ]
      : []),
    ...(disk !== undefined && php.uploads > disk
      ? [
          {
            ...{ key: "uploads", value: php.uploads },
            text: `is more than the site's disk, ${disk}; set that to more, or this to less`,
          },
        ]
      : []),
  ];
}
