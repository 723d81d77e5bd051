import { containerFacts, isExclusive, labelOf, mountsOf } from "../../engine/containerFacts";
import type { ResourceChange } from "../../engine/preview";
import { moduleOf } from "../../stacks/modules";
import { keyChanges } from "./changes";
import type { PlanFacts } from "./facts";
import { plannedImage, rollbackOf, type ImageChange } from "./imageChange";
import type { KnownImages } from "./images";
import { interruptionOf } from "./interruption";
import type { KeyChange, PlannedContainer } from "./schema";

const CONTAINER = "docker:index/container:Container";

/** What becomes of each container, in the order of their names. */
export function planContainers(
  changes: readonly ResourceChange[],
  facts: PlanFacts,
  images: KnownImages,
): PlannedContainer[] {
  const containers = changes.filter(({ type }) => type === CONTAINER);
  return merge(containers)
    .map((one) => planContainer(one, facts, images))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** A site whose kind changes has the same containers under other URNs: one goes, one comes, and that is a replacement. */
function merge(containers: readonly ResourceChange[]): ResourceChange[] {
  const created = new Map(
    containers.filter(({ action }) => action === "create").map((one) => [nameOf(one), one]),
  );
  const successors = new Set<ResourceChange>();
  const merged = containers.map((one) => {
    const successor = one.action === "delete" && !one.leftOver ? created.get(nameOf(one)) : undefined;
    if (!successor) return one;
    successors.add(successor);
    return { ...one, action: "replace" as const, new: successor.new };
  });
  return merged.filter((one) => !successors.has(one));
}

function nameOf(one: ResourceChange): string {
  const inputs = (one.new ?? one.old)?.inputs ?? {};
  return `${labelOf(inputs, "owner") ?? one.name}/${labelOf(inputs, "role") ?? "container"}`;
}

function planContainer(one: ResourceChange, facts: PlanFacts, images: KnownImages): PlannedContainer {
  const before = one.old?.inputs ?? {};
  // The engine says nothing of a kept container's new arguments where they are the old ones.
  const after = one.action === "delete" ? {} : (one.new?.inputs ?? before);
  const inputs = one.action === "delete" ? before : after;
  const name = nameOf(one);
  const [owner = "", role = ""] = name.split("/");
  const action = one.action === "update" ? "keep" : one.action;
  const compared = one.action === "replace" || one.action === "update";
  const changes = compared ? keyChanges(containerFacts(before), containerFacts(after)) : [];
  const image = action === "replace" ? plannedImage(before, after, images) : null;
  const formerly = action === "replace" ? formerName(before, after, facts) : undefined;
  return {
    name,
    owner,
    role,
    action,
    why: [
      ...(formerly === undefined ? [] : [`${formerly} is named ${owner} from now on`]),
      ...whyOf(one, name, changes, image, facts),
    ],
    changes,
    image: image && { old: image.old, new: image.new, packages: image.packages },
    interrupts: interruptionOf({ action, owner, role, exclusive: isExclusive(inputs), formerly }, facts),
    data: mountsOf(inputs)
      .filter(({ source }) => source.startsWith(`${facts.volumeRoot}/`))
      .map(({ source, readOnly }) => ({ path: source, access: readOnly ? "read" : "write" })),
    rollback: image && rollbackOf(image, owner, facts),
  };
}

/** The name that a container's site had so far, where it has another one from now on. */
export function formerName(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  { sites }: Pick<PlanFacts, "sites">,
): string | undefined {
  const [old, now] = [before, after].map((inputs) => labelOf(inputs, "owner"));
  return sites.some(({ name, formerly }) => name === now && formerly !== undefined && formerly === old)
    ? old
    : undefined;
}

function whyOf(
  one: ResourceChange,
  name: string,
  changes: readonly KeyChange[],
  image: ImageChange | null,
  facts: PlanFacts,
): string[] {
  const owner = name.split("/")[0] ?? "";
  const isSite = facts.sites.some((site) => site.name === owner);
  const isModule = moduleOf(owner) !== undefined;
  switch (one.action) {
    case "create":
      if (facts.missing.includes(name)) return ["it is missing on the host"];
      return [isModule ? `${owner} is new` : `${owner} is a new site`];
    case "delete":
      if (one.leftOver) return ["an `up` that was interrupted left this earlier generation behind"];
      return [
        isSite || isModule
          ? `${owner} needs it no more`
          : `${owner} is no site any more; its data stays until it is purged`,
      ];
    case "keep":
      return [];
    case "update":
      return changes.length > 0 ? changes.map(inWords) : one.reasons.map((key) => updateInWords(key));
    case "replace": {
      const own = changes.filter(({ key }) => key !== "image").map(inWords);
      const words = [...(image?.words ?? []), ...own];
      return words.length > 0
        ? words
        : [`it differs on the host: ${one.reasons.join(", ") || "replaced anew"}`];
    }
  }
}

function updateInWords(key: string): string {
  return key === "mustRun" ? "it does not run: it is started again" : `${key} is set, without a replacement`;
}

function inWords({ key, old, new: now, diff }: KeyChange): string {
  if (diff !== undefined) {
    const lines = diff.split("\n");
    const count = (sign: string) => lines.filter((line) => line.startsWith(sign)).length;
    return `${key}: +${count("+")} -${count("-")} lines`;
  }
  if (old === null) return `${key}: ${now} (new)`;
  if (now === null) return `${key}: ${old} (gone)`;
  return `${key}: ${old} -> ${now}`;
}
