import { isDeepStrictEqual } from "node:util";
import { isMap, isNode, isSeq, parse, parseDocument, stringify, type YAMLSeq } from "yaml";
import { UserError } from "../base/errors";
import { editableSites } from "./stackFile";

/**
 * A stack file's text with other domains of a site. Every other line stays as it is written, unless the file is of an unusual
 * form; then the comments stay at least.
 */
export function withDomains(text: string, file: string, site: string, domains: readonly string[]): string {
  const document = parseDocument(text);
  const sites = editableSites(document, file);
  const found = sites?.items.find((item) => isMap(item) && item.get("name") === site);
  if (!isMap(found)) throw new UserError(`${file}: ${site} is not in it`);
  const written = found.get("domains", true);
  const changed = isSeq(written) ? replaced(text, written, domains) : undefined;
  found.set("domains", document.createNode([...domains], { flow: true }));
  if (changed !== undefined && means(changed, document.toJS())) return changed;
  return document.toString({ lineWidth: 0 });
}

/** Whether a text of YAML says this. */
export function means(text: string, value: unknown): boolean {
  try {
    return isDeepStrictEqual(parse(text), value);
  } catch {
    return false;
  }
}

function replaced(text: string, list: YAMLSeq, domains: readonly string[]): string | undefined {
  const [from, to] = list.range ?? [];
  if (from === undefined || to === undefined) return undefined;
  return list.flow ? inFlow(text, from, to, domains) : inLines(text, list, domains);
}

/** `[one, other]` */
function inFlow(text: string, from: number, to: number, domains: readonly string[]): string | undefined {
  const before = text.slice(from, to);
  if (before.includes("#")) return undefined;
  const flow = stringify([...domains], { collectionStyle: "flow", lineWidth: 0 }).trim();
  const wanted = before.startsWith("[ ") ? flow : flow.replace(/^\[ /, "[").replace(/ \]$/, "]");
  return text.slice(0, from) + wanted + text.slice(to);
}

/** A line each, which stay those of the domains that stay, with their comments. */
function inLines(text: string, list: YAMLSeq, domains: readonly string[]): string | undefined {
  const lines = new Map<string, string>();
  const starts: number[] = [];
  for (const item of list.items) {
    if (!isNode(item) || !item.range) return undefined;
    const start = text.lastIndexOf("\n", item.range[0] - 1) + 1;
    const end = text.indexOf("\n", item.range[1]);
    lines.set(String(item.toJS(parseDocument(""))), text.slice(start, end < 0 ? text.length : end));
    starts.push(start);
  }
  const [first, last] = [starts[0], list.items.at(-1)];
  if (first === undefined || !isNode(last) || !last.range) return undefined;
  const end = text.indexOf("\n", last.range[1]);
  const stop = end < 0 ? text.length : end;
  // What stands between them, on lines of its own, would go.
  if (text.slice(first, stop).split("\n").length !== list.items.length) return undefined;
  const dash = /^\s*- */.exec(text.slice(first))?.[0];
  if (dash === undefined) return undefined;
  const all = domains.map((domain) => lines.get(domain) ?? dash + stringify(domain).trim());
  return text.slice(0, first) + all.join("\n") + text.slice(stop);
}
