/** What `docker ps` is asked for a host's containers, those of one owner (a site or module) or of one role. */
export function labelled({
  stack,
  owner,
  role,
}: {
  readonly stack: string;
  readonly owner?: string;
  readonly role?: string;
}): string[] {
  const labels = {
    "varvol.host": `varvol/${stack}`,
    ...(owner !== undefined && { "varvol.owner": owner }),
    ...(role !== undefined && { "varvol.role": role }),
  };
  return Object.entries(labels).flatMap(([label, value]) => ["--filter", `label=${label}=${value}`]);
}
