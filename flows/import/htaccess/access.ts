/** What the lines of one folder or one group of files say of who may read, as they are gathered. */
export interface Access {
  readonly files?: string;
  line: number;
  order?: "allow,deny" | "deny,allow";
  readonly deny: string[];
  readonly allow: string[];
  readonly require: string[];
}

export function newAccess(line: number, files?: string): Access {
  return { line, deny: [], allow: [], require: [], ...(files !== undefined && { files }) };
}

/** Takes a line that speaks of access; false where it speaks of something else. */
export function take(access: Access, line: number, name: string, words: readonly string[]): boolean {
  const rest = words.join(" ").toLowerCase();
  if (name === "order")
    access.order = rest.replaceAll(" ", "").startsWith("allow") ? "allow,deny" : "deny,allow";
  else if (name === "deny" || name === "allow")
    access[name].push(...rest.replace(/^from\s+/, "").split(/\s+/));
  else if (name === "require") access.require.push(rest);
  else return /^(?:auth(?:type|name|userfile|groupfile)|satisfy)/.test(name);
  if (access.line === 0) access.line = line;
  return true;
}

interface Judged {
  readonly line: number;
  readonly effect: "deny" | "allow" | "partly";
  readonly files?: string;
  readonly why: string;
}

const PASSWORD = "asked for a password";
const ADDRESSES = "was for some addresses only";
const NOBODY = "was for nobody";

/** What comes of it; undefined where nothing was said. */
export function verdictOf({ line, files, order, deny, allow, require }: Access): Judged | undefined {
  const judged = (effect: Judged["effect"], why: string): Judged => ({
    ...{ line, effect, why },
    ...(files !== undefined && { files }),
  });
  const wanted = require.filter((one) => !one.startsWith("not "));
  const excepted = require.some((one) => one.startsWith("not ")) || deny.some((one) => !ALL.test(one));
  const granted = wanted.some((one) => one.startsWith("all granted"));
  const [all, none] = [deny.some(isAll), allow.some(isAll)];
  if (!granted && wanted.some((one) => /^(?:valid-user|user|group|ldap|dbm|dbd)/.test(one)))
    return judged("deny", PASSWORD);
  if (wanted.some((one) => one.startsWith("all denied")) && wanted.length === 1)
    return judged("deny", NOBODY);
  if (!granted && wanted.some((one) => /^(?:ip|host|local|forward-dns|expr|env|all denied)/.test(one)))
    return judged("deny", ADDRESSES);
  if (order === "allow,deny" ? all || !none : all && !none) {
    if (order !== undefined || all) return judged("deny", allow.length > 0 && !none ? ADDRESSES : NOBODY);
  }
  if (!granted && !none && order === undefined)
    return excepted ? judged("partly", "shuts out some addresses") : undefined;
  return excepted ? judged("partly", "shuts out some addresses") : judged("allow", "");
}

const ALL = /^(?:all|0\.0\.0\.0\/0|::\/0)$/;
const isAll = (one: string): boolean => ALL.test(one);
