import { text } from "../../engine/containerFacts";
import type { PlanFacts } from "./facts";
import { type KnownImages, packageChanges } from "./images";
import type { PackageChange, PlannedContainer } from "./schema";

export interface ImageChange {
  readonly old: string;
  readonly new: string;
  readonly packages: PackageChange[];
  /** What changes, a line each. */
  readonly words: readonly string[];
}

type Inputs = Readonly<Record<string, unknown>>;

/** The change of a container's image, with the packages whose version differs; null where it stays. */
export function plannedImage(before: Inputs, after: Inputs, images: KnownImages): ImageChange | null {
  const old = text(before.image);
  const now = text(after.image);
  if (old === now) return null;
  const packages = packageChanges(images[old]?.packages, images[now]?.packages);
  const own = old.startsWith("varvol/") && now.startsWith("varvol/");
  const groups = sameChange(packages);
  const listed = groups.slice(0, MOST).map(groupInWords);
  if (groups.length > MOST)
    listed.push(`and ${packages.length - groups.slice(0, MOST).flat().length} more packages`);
  if (packages.length === 0) listed.push(own ? "what it is built from changed" : "another image");
  return { old, new: now, packages, words: [`image ${old} -> ${shorter(old, now)}`, ...listed] };
}

/** The new image's tag alone where only that changes. */
function shorter(old: string, now: string): string {
  const name = (image: string) => image.slice(0, image.lastIndexOf(":") + 1);
  return name(old) === name(now) ? now.slice(name(now).length) : now;
}

// More of them only hide the rest; JSON has all.
const MOST = 20;
/** Names of a group that are listed. */
const NAMED = 4;

/** Packages that go from the same version to the same other one, as those of one source do, together. */
function sameChange(packages: readonly PackageChange[]): PackageChange[][] {
  const groups = new Map<string, PackageChange[]>();
  for (const one of packages) {
    const key = JSON.stringify([one.old, one.new]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()];
}

function groupInWords(group: readonly PackageChange[]): string {
  const names = group.map(({ name }) => name);
  const [first] = group;
  if (!first) return "";
  const more = names.length > NAMED ? ` and ${names.length - NAMED + 1} more` : "";
  const name = `${names.slice(0, more ? NAMED - 1 : NAMED).join(", ")}${more}`;
  return packageInWords({ ...first, name });
}

function packageInWords({ name, old, new: now }: PackageChange): string {
  if (old === null) return `${name} ${now} (new)`;
  if (now === null) return `${name} (gone)`;
  return `${name} ${old} -> ${now}`;
}

/** Whether the image that ran so far can be put back. */
export function rollbackOf(
  image: ImageChange,
  owner: string,
  facts: PlanFacts,
): NonNullable<PlannedContainer["rollback"]> {
  const jump = majorJump(image.packages);
  if (jump) {
    return {
      possible: false,
      how: `once MariaDB ${jump.new} has opened the data, ${jump.old} can't: only a dump brings it back`,
    };
  }
  if (image.old.includes("@sha256:"))
    return { possible: true, how: "put the old digest back into the stack file" };
  if (!facts.host.images.has(image.old))
    return { possible: false, how: `${image.old} is not on the host any more` };
  const migrates = image.packages.some(({ name }) => name === "wordpress")
    ? ", unless the new WordPress migrates its database: then from the dump of before"
    : "";
  return { possible: true, how: `npx varvol rollback ${owner}${migrates}` };
}

/** A change of MariaDB's major version (11.8, 12.3 …), which converts the data for good. */
export function majorJump(packages: readonly PackageChange[]): { old: string; new: string } | undefined {
  const server = packages.find(({ name }) => name === "mariadb-server");
  const major = (version: string | null | undefined) => /^(?:\d+:)?(\d+\.\d+)/.exec(version ?? "")?.[1];
  const [old, now] = [major(server?.old), major(server?.new)];
  return old && now && old !== now ? { old, new: now } : undefined;
}
