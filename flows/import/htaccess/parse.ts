import { escaped } from "../../../components/sites/denied";
import { type Access, newAccess, take, verdictOf } from "./access";
import { fromGlob, isForAll } from "./patterns";
import { denialOf, isWordPressOwn, type Rewrite } from "./rewrite";

/** What an .htaccess forbids or allows; of the whole folder where there are no files named. */
export interface Verdict {
  readonly line: number;
  readonly effect: "deny" | "allow";
  /** A regular expression for names of files; undefined for all. */
  readonly files?: string;
  /** Why it is denied, as the end of a sentence. */
  readonly why: string;
}

/** A denial by the path below the folder. */
export interface Denial {
  readonly line: number;
  /** A regular expression, of the path without a leading slash; from the site's root where it begins there. */
  readonly path: string;
  readonly fromRoot: boolean;
  /** Another one that must match as well, from the site's root. */
  readonly place?: string;
  readonly why: string;
}

/** A line that does something which is not done here. */
export interface Unkept {
  readonly line: number;
  readonly text: string;
}

export interface Htaccess {
  readonly verdicts: readonly Verdict[];
  readonly denials: readonly Denial[];
  readonly unkept: readonly Unkept[];
}

interface Block {
  readonly name: string;
  /** Whether it is of requests that read something. */
  readonly reads: boolean;
  readonly access?: Access;
}

/** Reads an .htaccess of Apache's, of 2.2 and 2.4 alike: which files are for no visitor, and what else it did. */
export function parseHtaccess(text: string): Htaccess {
  const verdicts: Verdict[] = [];
  const denials: Denial[] = [];
  const unkept: Unkept[] = [];
  const whole = newAccess(0);
  const blocks: Block[] = [];
  let conditions: string[] = [];
  const judge = (access: Access): void => {
    const verdict = verdictOf(access);
    if (verdict?.effect === "partly") unkept.push({ line: verdict.line, text: verdict.why });
    else if (verdict) verdicts.push({ ...verdict, effect: verdict.effect });
  };
  for (const { line, words, raw } of logicalLines(text)) {
    const [first = "", ...rest] = words;
    const name = first.toLowerCase();
    if (name.startsWith("</")) {
      const block = blocks.pop();
      if (block?.access) judge(block.access);
      continue;
    }
    if (name.startsWith("<")) {
      blocks.push(blockOf(line, name.slice(1), rest));
      continue;
    }
    if (blocks.some(({ reads }) => !reads)) continue;
    const access = [...blocks].reverse().find((block) => block.access)?.access ?? whole;
    if (take(access, line, name, rest)) continue;
    if (name === "rewritecond") conditions.push(rest.join(" "));
    else if (name === "rewriterule") {
      const rule: Rewrite = {
        line,
        conditions,
        pattern: rest[0] ?? "",
        target: rest[1] ?? "",
        flags: rest[2] ?? "",
      };
      conditions = [];
      const denial = denialOf(rule);
      if (denial) denials.push(denial);
      else if (!isWordPressOwn(rule)) unkept.push({ line, text: raw });
    } else if (name.startsWith("redirect")) {
      const denial = redirectDenial(line, name, rest);
      if (denial) denials.push(denial);
      else unkept.push({ line, text: raw });
    } else if (/^php_(?:admin_)?value$/.test(name) && /^auto_(?:prepend|append)_file$/i.test(rest[0] ?? ""))
      unkept.push({ line, text: raw });
  }
  judge(whole);
  return { verdicts, denials, unkept };
}

function blockOf(line: number, name: string, words: readonly string[]): Block {
  const args = words.map((word) => word.replace(/>$/, "")).filter(Boolean);
  const reads =
    name === "limit"
      ? args.some((method) => /^(?:GET|HEAD)$/i.test(method))
      : !(name === "limitexcept" && args.some((method) => /^GET$/i.test(method)));
  if (name !== "files" && name !== "filesmatch") return { name, reads };
  const isRegex = name === "filesmatch" || args[0] === "~";
  const pattern = (args[0] === "~" ? args[1] : args[0]) ?? "";
  const files = isRegex ? pattern : fromGlob(pattern);
  return { name, reads, access: newAccess(line, isForAll(files) ? undefined : files) };
}

/** `Redirect 403 /path`, `RedirectMatch 404 regex` and the like forbid; all others lead somewhere. */
function redirectDenial(
  line: number,
  name: string,
  [status = "", path = ""]: readonly string[],
): Denial | undefined {
  if (!/^(?:403|404|410|gone)$/i.test(status) || path === "") return undefined;
  const why = "is refused by a rule";
  if (name === "redirect") {
    const plain = escaped(path).replace(/^\//, "");
    return { line, path: `^${plain}`, fromRoot: true, why };
  }
  return { line, path: path.replace(/^\^\/?/, "^"), fromRoot: true, why };
}

interface Line {
  readonly line: number;
  readonly words: readonly string[];
  readonly raw: string;
}

/** Lines without comments, those that end in a backslash joined, taken apart as Apache does. */
function logicalLines(text: string): Line[] {
  const found: Line[] = [];
  let begun: { line: number; text: string } | undefined;
  text.split(/\r\n|\r|\n/).forEach((part, i) => {
    const whole: string = (begun?.text ?? "") + part;
    const line = begun?.line ?? i + 1;
    begun = whole.endsWith("\\") ? { line, text: whole.slice(0, -1) } : undefined;
    const raw = whole.trim();
    if (begun || raw === "" || raw.startsWith("#")) return;
    found.push({ line, raw, words: wordsIn(raw.replace(/^<\s+/, "<")) });
  });
  return found;
}

function wordsIn(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? "",
  );
}
