import { z } from "zod";
import { byDetail, type Redirect, type Requests } from "../components/gateway/requests";
import { duration } from "./values";

/** Headers of one connection alone (RFC 9110, 7.6.1), or of the answer's own form. */
const CONNECTION = [
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te"],
  ...[
    "trailer",
    "transfer-encoding",
    "upgrade",
    "age",
    "content-encoding",
    "content-length",
    "content-range",
  ],
  ...["content-type", "date", "etag", "last-modified", "location", "server", "set-cookie", "vary"],
];
/** Headers that a key of its own has. */
const KEYS: Readonly<Record<string, string>> = {
  "strict-transport-security": "hsts",
  "x-robots-tag": "robots",
  "retry-after": "maintenance",
  "www-authenticate": "auth",
};
/** Headers that the gateway or a site's nginx sets. */
const OWN = ["referrer-policy", "x-content-type-options", "x-cache"];

/** Why a header can't be a site's own; undefined where it can. */
export function headerProblem(name: string): string | undefined {
  const asked = name.toLowerCase();
  const key = KEYS[asked];
  if (key) return `belongs to the key ${key}; write that instead`;
  if (CONNECTION.includes(asked))
    return "tells of the connection, or of the form of an answer, which only its server knows";
  if (OWN.includes(asked) || asked.startsWith("x-accel-")) return "is set by Varvol itself";
  return /^[a-z][a-z0-9-]*$/i.test(name) ? undefined : "is no name of a header";
}

const headers = z
  .record(
    z.string(),
    z
      .string()
      .regex(
        /^[\x20-\x23\x25-\x7e]+$/,
        "must be a line of plain characters without $, which nginx would take for a name",
      ),
  )
  .superRefine((all, context) => {
    const seen = new Set<string>();
    for (const name of Object.keys(all)) {
      const problem = headerProblem(name) ?? (seen.has(name.toLowerCase()) ? "stands here twice" : undefined);
      if (problem) context.addIssue({ code: "custom", path: [name], message: problem });
      seen.add(name.toLowerCase());
    }
  });

// Neither what ends a word of nginx's, nor what stands for a variable
const PLAIN = /^[^\s"\\$;{}]+$/;
const OTHERS = /^\/(?:\.varvol|\.well-known\/acme-challenge)(?:\/|$)/;

/** Why a path can't be sent elsewhere; undefined where it can. */
function fromProblem(from: string): string | undefined {
  if (
    !from.startsWith("/") ||
    from.startsWith("//") ||
    !PLAIN.test(from) ||
    /[?#]/.test(from) ||
    !isDecodable(from)
  )
    return "must be a path, such as /old or /old/*, without ?, #, $, spaces and quotes";
  if (from.slice(0, -1).includes("*")) return "may have a * only at its end, after a slash";
  if (from.endsWith("*") && !from.endsWith("/*")) return "may have a * only at its end, after a slash";
  return OTHERS.test(from) ? "is Varvol's own, or an authority's that asks for a proof" : undefined;
}

function toProblem(from: string, to: string): string | undefined {
  const address = /^https?:\/\/[^/]/.test(to);
  if (!PLAIN.test(to) || !(address || (to.startsWith("/") && !to.startsWith("//"))) || !isDecodable(to))
    return "must lead to a path (/new) or an address (https://…), without $, spaces and quotes; write %24 for $";
  if (address && !/^[\x21-\x7e]+$/.test(to))
    return "must be written in ASCII: its host in punycode, its path with %";
  if (to.endsWith("/*") && !from.endsWith("/*"))
    return "has a * for what stands below the path, which has none";
  return undefined;
}

function isDecodable(path: string): boolean {
  return !/%(?![0-9a-f]{2})/i.test(path);
}

/** Whether whoever follows comes back to where he was, or gets ever deeper. */
function goesInCircles(from: string, all: readonly Redirect[], own: readonly string[]): boolean {
  let at = from.endsWith("/*") ? `${from.slice(0, -1)}x` : from;
  for (let hops = 0; hops <= all.length + 1; hops++) {
    const [next] = byDetail(all).filter((one) => matches(one.from, at));
    if (!next) return false;
    const to = here(next.to, own);
    if (to === undefined) return false;
    const below = next.from.endsWith("/*") ? at.slice(next.from.length - 1) : "";
    at = (to.endsWith("/*") ? `${to.slice(0, -1)}${below}` : to).replace(/[?#].*$/s, "");
  }
  return true;
}

function matches(from: string, path: string): boolean {
  return from.endsWith("/*") ? path.startsWith(from.slice(0, -1)) : path === from;
}

/** The path of this site that an address leads to; undefined where it is another's. */
function here(to: string, own: readonly string[]): string | undefined {
  if (to.startsWith("/")) return to;
  const { hostname } = new URL(to);
  return own.includes(hostname) ? `/${to.split("/").slice(3).join("/")}` : undefined;
}

const redirects = z.record(
  z.string(),
  z.union([
    z.string(),
    z.strictObject({
      to: z.string().describe("A path of the site's, or an address."),
      code: z
        .union([z.literal(301), z.literal(302)])
        .default(301)
        .describe("301 for good, which browsers remember; 302 for now. Default: 301."),
    }),
  ]),
);

const range = z
  .string()
  .refine(
    (text) => z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]).safeParse(text).success,
    "must be an address, or a range such as 10.0.0.0/8",
  );

const user = z
  .string()
  .regex(/^[^:\s\p{C}]{1,64}$/u, "must be a name of 1 to 64 characters, without colons and spaces");

/** Keys of a site of any kind that the gateway sees to. */
export const requestKeys = {
  redirects: redirects
    .refine(
      (all) => Object.keys(all).length <= 1000,
      "must be at most 1000; a server asks them one after another",
    )
    .optional()
    .describe(
      "Where paths have gone, such as `/old: /new` or `/shop/*: https://shop.example.org/*`, for good (301) or, as { to, code: 302 }, for now. Default: none.",
    ),
  headers: headers
    .optional()
    .describe("Headers of every answer, in place of the site's own of the same names. Default: none."),
  auth: z
    .strictObject({
      users: z
        .record(
          user,
          z
            .string()
            .regex(
              /^[^\r\n\0]{8,200}$/,
              "must be a password of at least 8 characters, or its hash as htpasswd writes it",
            ),
        )
        .refine((all) => Object.keys(all).length > 0, "must have at least one user")
        .describe("Passwords by name, as secrets; or their hashes, as htpasswd writes them."),
    })
    .optional()
    .describe(
      "Lets in only who has a name and a password (HTTP basic), as of a copy that is not public yet. Default: everybody.",
    ),
  maintenance: z
    .union([
      z.boolean(),
      z.strictObject({
        allow: z
          .array(range)
          .max(64)
          .default([])
          .describe("Addresses and ranges that come in all the same. Default: none."),
        retry: duration
          .default(600)
          .describe("When visitors and search engines are told to try again. Default: 10m."),
      }),
    ])
    .optional()
    .describe("Whether the site is closed: visitors get 503 and a page that says so. Default: false."),
  robots: z
    .boolean()
    .optional()
    .describe(
      "Whether search engines may keep the site. false forbids it by X-Robots-Tag and robots.txt. Default: true.",
    ),
};

type Keys = z.infer<z.ZodObject<typeof requestKeys>>;

function redirectsOf(given: Keys["redirects"]): Redirect[] {
  return Object.entries(given ?? {}).map(([from, said]) =>
    typeof said === "string" ? { from, to: said, code: 301 } : { from, ...said },
  );
}

/** Redirects that can't be, by the path that they are of. */
export function redirectProblems({
  redirects: given,
  domains,
}: Pick<Keys, "redirects"> & { readonly domains: readonly string[] }): {
  readonly from: string;
  readonly text: string;
}[] {
  const all = redirectsOf(given);
  const wrong = all.flatMap(({ from, to }) => {
    const text = fromProblem(from) ?? toProblem(from, to);
    return text === undefined ? [] : [{ from, text }];
  });
  if (wrong.length > 0) return wrong;
  return all
    .filter(({ from }) => goesInCircles(from, all, domains))
    .map(({ from }) => ({ from, text: "leads in a circle; take one of its steps out" }));
}

/** What the gateway does of it; undefined where that is nothing. */
export function requestsOf(site: Keys): Requests | undefined {
  const { headers: given = {}, auth, maintenance, robots = true } = site;
  const all = redirectsOf(site.redirects);
  const closed = maintenance === true ? { allow: [], retry: 600 } : maintenance || undefined;
  if (all.length === 0 && Object.keys(given).length === 0 && !auth && !closed && robots) return undefined;
  return {
    ...{ redirects: all, headers: given, auth: auth !== undefined, robots },
    ...(closed && { maintenance: closed }),
  };
}
