import { readFileSync } from "node:fs";
import { isCollection, isMap, isNode, isPair, parseDocument, stringify, type YAMLSeq } from "yaml";
import { means } from "../../engine/domainsText";
import { editableSites } from "../../engine/stackFile";
import { type Fetched, type KindName, kindOf } from "../../stacks/kinds";

/** A site that an import adds to the stack file. */
export interface NewSite {
  readonly name: string;
  readonly kind: KindName;
  readonly domains: readonly string[];
}

const SITES = ["config", "varvol:sites"];

/** The stack file's text with a site's key `import` set, and the site added where it is new. */
export function withImport(file: string, site: NewSite, fetched: Fetched): string {
  const { accepts } = kindOf(site.kind);
  return withKeys(file, site, { ...accepts?.keys?.(fetched), import: accepts?.value(fetched) });
}

/**
 * The stack file's text with a site's keys set, and the site added where it is new. Every other line stays as it is written,
 * unless the file is of an unusual form; then the comments stay at least.
 */
export function withKeys(file: string, site: NewSite, keys: Readonly<Record<string, unknown>>): string {
  const text = readFileSync(file, "utf8");
  const document = parseDocument(text);
  const sites = editableSites(document, file);
  const added = { ...site, ...keys };
  const at = sites?.items.findIndex((item) => isMap(item) && item.get("name") === site.name) ?? -1;
  const inserted = sites && insert(text, sites, at, at < 0 ? added : keys);
  if (at >= 0)
    for (const [key, one] of Object.entries(keys))
      document.setIn([...SITES, at, key], document.createNode(one));
  else if (!sites) document.setIn(SITES, document.createNode([added]));
  else document.addIn(SITES, document.createNode(added));
  if (inserted !== undefined && means(inserted, document.toJS())) return inserted;
  return document.toString({ lineWidth: 0 });
}

/** The text with keys added to a site, or with a site more; undefined where it is of another form than most. */
function insert(
  text: string,
  sites: YAMLSeq,
  at: number,
  added: Readonly<Record<string, unknown>>,
): string | undefined {
  const site = at < 0 ? sites : sites.items[at];
  if (!isCollection(site) || !site.range || (isMap(site) && Object.keys(added).some((key) => site.has(key))))
    return undefined;
  const end = endOf(site);
  if (end === undefined) return undefined;
  if (site.flow && isMap(site)) {
    const before = text.slice(0, end - 1).trimEnd();
    const flow = stringify(added, { collectionStyle: "flow", lineWidth: 0 }).trim().slice(1, -1).trim();
    return `${before}, ${flow} ${text.slice(end - 1)}`;
  }
  if (site.flow) return undefined;
  const column = site.range[0] - text.lastIndexOf("\n", site.range[0] - 1) - 1;
  const lines = stringify(at < 0 ? [added] : added, { lineWidth: 0 }).trimEnd();
  const line = text.indexOf("\n", end);
  const cut = line < 0 ? text.length : line;
  return `${text.slice(0, cut)}\n${lines.replaceAll(/^/gm, " ".repeat(column))}${text.slice(cut)}`;
}

/** Where the last value in a node ends, before what is written after it. */
function endOf(node: unknown): number | undefined {
  if (isPair(node)) return endOf(node.value) ?? endOf(node.key);
  if (!isNode(node)) return undefined;
  if (isCollection(node) && !node.flow && node.items.length > 0) return endOf(node.items.at(-1));
  return node.range?.[1];
}
