import { moduleOf } from "../../stacks/modules";
import type { PlanFacts } from "./facts";
import type { Interruption, PlannedContainer } from "./schema";

interface Subject {
  readonly action: PlannedContainer["action"];
  readonly owner: string;
  readonly role: string;
  /** The old one goes before the new one comes. */
  readonly exclusive: boolean;
  /** The name that its site had, where that changes. */
  readonly formerly?: string;
}

// A proxy's ports are open again this long after its container is replaced; the same on every host.
const GATEWAY_NET = 1;

/** What visitors notice when a container is replaced. */
export function interruptionOf(
  { action, owner, role, exclusive, formerly }: Subject,
  facts: PlanFacts,
): Interruption {
  const none = (what: string): Interruption => ({ kind: "none", seconds: null, what });
  if (action === "keep") return none("it is not touched");
  if (action === "create") return none("it is routed once it is healthy");
  if (action === "delete") return none("nothing is routed to it by then");
  const hasDatabase = facts.sites.some(({ name, database }) => name === owner && database);
  if (formerly !== undefined && role === "php" && hasDatabase)
    return {
      ...{ kind: "down", seconds: null },
      what: `pages of ${owner} that are not cached: no PHP runs while its database is renamed`,
    };
  if (!exclusive) return none("the new one is healthy before the old one goes");
  if (role === "ipv6")
    return { kind: "down", seconds: GATEWAY_NET, what: "new connections over IPv6 are refused" };
  if (role === "net")
    return { kind: "down", seconds: GATEWAY_NET, what: "new connections to every site are refused" };
  const seconds = facts.host.measured.get(owner) ?? null;
  if (moduleOf(owner)?.provides === "mail")
    return { kind: "down", seconds, what: "what sites send meanwhile is handed in once it is back" };
  // The engine stops it before its successor starts, and visitors see nothing of that.
  if (moduleOf(owner)?.provides === "objects")
    return none("pages are made without it meanwhile, and it begins empty");
  if (moduleOf(owner)?.provides !== "databases") return { kind: "down", seconds, what: `${owner} is away` };
  const sites = facts.sites.filter(({ database }) => database).map(({ name }) => name);
  return { kind: "down", seconds, what: `pages of ${sites.join(", ") || "no site"} that are not cached` };
}

/** An interruption as people read it. */
export function interruptionInWords({ kind: how, seconds }: Interruption): string {
  if (how === "none") return "none";
  return seconds === null ? "not measured yet" : `about ${Math.max(1, Math.round(seconds))} s`;
}
