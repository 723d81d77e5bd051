import { containerFacts, labelOf, text } from "../../engine/containerFacts";
import type { ResourceChange } from "../../engine/preview";
import type { PlanFacts } from "./facts";
import type { Plan } from "./schema";

/** What a container that writes its own address into its pages is told it by. */
const ADDRESS = "env WORDPRESS_URL";

/** Sites whose pages name their own address, which becomes another. */
export function planAddresses(changes: readonly ResourceChange[], facts: PlanFacts): Plan["addresses"] {
  return changes
    .filter(({ type, leftOver }) => type === "docker:index/container:Container" && !leftOver)
    .flatMap((one): Plan["addresses"] => {
      const before = one.old?.inputs ?? {};
      const after = one.new?.inputs ?? {};
      const [old, now] = [before, after].map((inputs) => containerFacts(inputs).get(ADDRESS));
      if (old === undefined || now === undefined || old === now) return [];
      const site = labelOf(after, "owner") ?? one.name;
      const domains = facts.sites.find(({ name }) => name === site)?.domains ?? [];
      return [
        {
          ...{ site, old, new: now },
          action: text(after.image).startsWith("varvol/") ? "replace" : "leave",
          redirected: domains.includes(hostOf(old)),
        },
      ];
    })
    .sort((a, b) => (a.site < b.site ? -1 : 1));
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : url;
}
