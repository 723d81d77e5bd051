import * as z from "zod";
import { plain } from "../../agent/failure";
import { pageFaults } from "../status/judge";
import type { Page } from "../status/answers";
import type { ContentNames } from "./contentNames";
import type { Counts } from "./dumpCounts";

/** What a site is asked for to prove that it has come. */
export type Asked = "front page" | "newest post" | "newest page" | "attachment" | "login form";

/** What became of one of these. */
export interface Answered {
  readonly what: Asked;
  readonly path: string;
  /** Of HTTP; 000 where there was no answer. */
  readonly code: string;
  /** What is wrong with it; undefined where it is well. */
  readonly problem?: string;
}

/** What is counted on both sides, before that what it calls itself. */
export interface Compared {
  readonly what: "title" | "language" | "posts" | "pages" | "media" | "users" | "plugins" | "themes";
  /** Undefined where it is not known. */
  readonly before?: string | number;
  readonly after: string | number;
}

/** How a site that was imported has come. */
export interface Proof {
  readonly site: string;
  readonly compared: readonly Compared[];
  readonly asked: readonly Answered[];
  /** Attachments in the database without a file, and the first of them. */
  readonly missing: { readonly count: number; readonly first: readonly string[] };
  /** Why it is a failed one. */
  readonly problems: readonly string[];
  /** What is worth a look, and no failure. */
  readonly notes: readonly string[];
}

/** What images/wordpress/init/facts.php prints. */
export const factsSchema = z.object({
  // A terminal would act on what a stranger writes.
  title: z.string().transform(plain),
  language: z.string().transform(plain),
  posts: z.number(),
  pages: z.number(),
  media: z.number(),
  users: z.number(),
  prefix: z.string(),
  newestPost: z.number().nullable(),
  newestPage: z.number().nullable(),
  attachments: z.array(z.string()),
  missing: z.number(),
  missingFirst: z.array(z.string()),
});

export type Facts = z.infer<typeof factsSchema>;

/** Both sides of a site that is a WordPress. */
export interface Sides {
  readonly before: { readonly counts?: Counts; readonly names?: ContentNames };
  readonly after: {
    readonly facts: Facts;
    readonly plugins: readonly string[];
    readonly themes: readonly string[];
  };
}

const FILES_NAMED = 5;

/** What a WordPress is asked for; attachments that are for no visitor are not. */
export function questionsOf(
  facts: Facts,
  denied: readonly RegExp[] = [],
): (readonly [what: Asked, path: string])[] {
  const file = (name: string) => `/wp-content/uploads/${name.split("/").map(encodeURIComponent).join("/")}`;
  const open = (name: string) => !denied.some((pattern) => pattern.test(`/wp-content/uploads/${name}`));
  return [
    ["front page", "/"],
    ...(facts.newestPost === null ? [] : [["newest post", `/?p=${facts.newestPost}`] as const]),
    ...(facts.newestPage === null ? [] : [["newest page", `/?page_id=${facts.newestPage}`] as const]),
    ...facts.attachments.filter(open).map((name) => ["attachment", file(name)] as const),
    ["login form", "/wp-login.php"],
  ];
}

/** Both sides beside each other; what has become fewer is a problem. */
export function compare({
  before,
  after,
}: Sides): Pick<Proof, "compared" | "missing" | "problems" | "notes"> {
  const { counts, names } = before;
  const { facts, plugins, themes } = after;
  const compared: Compared[] = [
    ...(["title", "language", "posts", "pages", "media", "users"] as const).map((what) => ({
      ...{ what, after: facts[what] },
      ...(counts?.[what] !== undefined && { before: counts[what] }),
    })),
    { what: "plugins", after: plugins.length, ...(names && { before: names.plugins.length }) },
    { what: "themes", after: themes.length, ...(names && { before: names.themes.length }) },
  ];
  const fewer = compared.flatMap(({ what, before: one, after: other }) =>
    typeof one === "number" && typeof other === "number" && other < one
      ? [`${one} ${what} before, ${other} now${gone(what, names, { plugins, themes })}`]
      : [],
  );
  const lost = facts.missingFirst.filter((file) => names?.has(`uploads/${file}`));
  const list = (files: readonly string[]) =>
    files.slice(0, FILES_NAMED).map(plain).join(", ") + (files.length > FILES_NAMED ? ", …" : "");
  return {
    compared,
    missing: { count: facts.missing, first: facts.missingFirst },
    problems: [
      ...fewer,
      ...(lost.length > 0 ? [`files of attachments did not come along: ${list(lost)}`] : []),
    ],
    notes:
      facts.missing > lost.length
        ? [
            `${facts.missing} of ${facts.media} attachments have no file, nor had before: ${list(facts.missingFirst)}`,
          ]
        : [],
  };
}

function gone(
  what: string,
  names: ContentNames | undefined,
  now: { readonly plugins: readonly string[]; readonly themes: readonly string[] },
): string {
  if (!names || (what !== "plugins" && what !== "themes")) return "";
  return `: ${names[what]
    .filter((name) => !now[what].includes(name))
    .map(plain)
    .join(", ")} did not come along`;
}

/** How a page's answer is to begin; a login that a plugin hides is not found. */
const WELL: Readonly<Partial<Record<Asked, RegExp>>> = { "login form": /^(?:[23]|401|404)/ };
const USUAL = /^(?:[23]|401)/;

/** How a page was answered; `php` is what PHP wrote of errors meanwhile, `domains` are the site's own. */
export function judgeAnswer(
  what: Asked,
  page: Page | undefined,
  domains: readonly string[],
  php: readonly string[],
): Answered {
  if (!page) return { what, path: "", code: "000", problem: "was not asked" };
  const { path, code, leadsTo } = page;
  const away = /^3/.test(code) && /^https?:\/\/([^/:?#]+)/i.exec(leadsTo)?.[1]?.toLowerCase();
  // That a site says itself that it is closed is no fault of its import.
  const [fault] = code === "503" ? [] : pageFaults(page, WELL[what] ?? USUAL);
  const blamed = fault && /^(?:5|200)/.test(code) && php[0] !== undefined ? ` (${shortened(php[0])})` : "";
  const problem = fault
    ? `${fault.text.slice(path.length).trim()}${blamed}`
    : away && !domains.includes(away)
      ? `leads to ${leadsTo}, which is not here`
      : undefined;
  return { what, path: plain(path), code, ...(problem !== undefined && { problem: plain(problem) }) };
}

/** How a file was answered: by prove.sh's line. */
export function judgeFile(path: string, [code = "000", size, type = ""]: readonly string[]): Answered {
  const problem = !/^20[06]/.test(code)
    ? `answers ${code}`
    : Number(size) === 0
      ? "is empty"
      : type.startsWith("text/html") && !/\.html?$/i.test(path)
        ? "answers a page in place of a file"
        : undefined;
  return { what: "attachment", path, code, ...(problem !== undefined && { problem }) };
}

/** What is worth knowing of answers that are well. */
export function notesOn({ what, path, code, problem }: Answered, page: Page | undefined): string[] {
  if (problem !== undefined) return [];
  if (code === "503") return [`${what} ${path}: the site itself says that it is closed`];
  if (what === "login form" && code === "404")
    return ["the login is not at /wp-login.php: a plugin hides it"];
  if (what === "login form" && code.startsWith("2") && page && !page.form)
    return [`${path} asks for no password: look whether somebody can log in`];
  return [];
}

/** PHP's own words of an error, with files as they lie in the site. */
export function shortened(said: string): string {
  return said
    .replace(/^.*?PHP (Fatal|Parse) error: +/, "")
    .replace(/^Uncaught /, "")
    .replaceAll("/srv/wordpress/", "");
}
