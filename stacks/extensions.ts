import type { ImageLock, LockedExtensions } from "../components/imageLock";
import { type Extension, EXTENSIONS } from "../components/sites/phpExtensions";
import type { SiteConfig } from "./kinds";
import { keepsObjects } from "./objectCache";

/** Extensions of PHP that a site asks for and that are not there anyway. */
export function extensionsOf(site: SiteConfig): Extension[] {
  const named: readonly string[] = "php" in site ? site.php.extensions : [];
  return EXTENSIONS.filter((one) => named.includes(one) || (one === "redis" && keepsObjects(site)));
}

/** Why a site's php can't be built as its key says; undefined where it can. */
export function extensionsProblem(site: SiteConfig, { extensions = {} }: ImageLock): string | undefined {
  const wanted = extensionsOf(site);
  if (same(wanted, extensions[site.name])) return undefined;
  const what = wanted.length === 0 ? "none any more" : wanted.join(", ");
  return `images.lock.json has other extensions of PHP for ${site.name} than its key says (${what}); run: npx varvol upgrade ${site.name}`;
}

function same(wanted: readonly string[], locked: LockedExtensions | undefined): boolean {
  return [...wanted].sort().join() === [...(locked?.names ?? [])].sort().join();
}
