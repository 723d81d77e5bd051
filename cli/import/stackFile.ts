import { readFileSync } from "node:fs";
import { isMap, isSeq, parseDocument } from "yaml";
import { UserError } from "../errors";
import type { Fetched } from "./fetched";

/** A site that an import adds to the stack file. */
export interface NewSite {
  readonly name: string;
  readonly kind: "static" | "wordpress";
  readonly domains: readonly string[];
}

const SITES = ["config", "varvol:sites"];

/** The stack file's text with a site's key `import` set, and the site added where it is new. Comments stay. */
export function withImport(file: string, site: NewSite, fetched: Fetched): string {
  const document = parseDocument(readFileSync(file, "utf8"));
  const sites = document.getIn(SITES);
  const value =
    site.kind === "static" ? fetched.content : { content: fetched.content, database: fetched.database };
  const at = isSeq(sites)
    ? sites.items.findIndex((item) => isMap(item) && item.get("name") === site.name)
    : -1;
  if (sites !== undefined && !isSeq(sites)) throw new UserError(`${file}: varvol:sites is no list`);
  if (at >= 0) document.setIn([...SITES, at, "import"], document.createNode(value));
  else if (sites === undefined) document.setIn(SITES, document.createNode([{ ...site, import: value }]));
  else document.addIn(SITES, document.createNode({ ...site, import: value }));
  return document.toString({ lineWidth: 0 });
}
