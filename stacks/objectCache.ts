import type { SiteConfig } from "./kinds";

/** Whether a site's php keeps objects beside its pages, in the host's valkey. */
export function keepsObjects(site: SiteConfig): boolean {
  return "objectCache" in site && site.objectCache === "valkey";
}
