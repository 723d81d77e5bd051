/** What must be said for a site's data to be replaced by a snapshot's. */
export function confirmation(site: string, snapshot: string): string {
  return `replace-${site}-by-${snapshot}`;
}
