import { UserError } from "../../base/errors";
import { meant } from "../../base/nearest";
import { kindOf, type SiteConfig } from "../../stacks/kinds";

export const ACTIONS = ["add", "remove", "move"] as const;
export type Action = (typeof ACTIONS)[number];

/** What can be done with a domain of a site. Throws for anything else. */
export function readAction(word: string): Action {
  const found = ACTIONS.find((one) => one === word);
  if (found) return found;
  throw new UserError(
    `${word || "What is to be done"} ${word ? "is nothing that can be done with a domain" : "is missing"}.${meant(word, ACTIONS)}`,
    "add: it leads to the site's first one; remove: it is the site's no more; move: it becomes the first one, and the others lead to it.",
    2,
  );
}

/** The domains of a site after that; the first is its address, the others lead there. */
export function domainsAfter(
  action: Action,
  { name, domains }: Pick<SiteConfig, "name" | "domains">,
  domain: string,
): string[] {
  const has = domains.includes(domain);
  const others = domains.filter((one) => one !== domain);
  if (action === "remove") {
    if (!has)
      throw new UserError(
        `${domain} is no domain of ${name}.${meant(domain, domains)}`,
        `Its domains: ${domains.join(", ")}`,
      );
    if (others.length === 0)
      throw new UserError(
        `${domain} is the only domain of ${name}.`,
        `npx varvol domain move ${name} OTHER gives it another one.`,
      );
    return others;
  }
  if (action === "add" && has) throw new UserError(`${domain} is a domain of ${name} already.`);
  if (action === "move" && domains[0] === domain)
    throw new UserError(`${domain} is the first domain of ${name} already.`);
  return action === "add" ? [...domains, domain] : [domain, ...others];
}

/** What that comes to, in words. */
export function whatBecomes(
  { name, kind, domains }: Pick<SiteConfig, "name" | "kind" | "domains">,
  after: readonly string[],
): string {
  const [address = "", ...others] = after;
  const gone = domains.filter((one) => !after.includes(one));
  const moved = domains[0] !== address;
  return [
    moved &&
      `${name} is at ${address} from then on${kindOf(kind).application === "wordpress" ? ", and its pages, options and files name that in place of the former one" : ""}.`,
    others.length > 0 && `${others.join(", ")} ${others.length > 1 ? "lead" : "leads"} there.`,
    gone.length > 0 &&
      `${gone.join(", ")} ${gone.length > 1 ? "are" : "is"} no site's any more: links to it end.`,
  ]
    .filter(Boolean)
    .join(" ");
}
