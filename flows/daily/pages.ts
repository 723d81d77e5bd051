import { UserError } from "../../base/errors";
import { hostName, onHost } from "../../machine/host";
import type { HostConfig } from "../../stacks/config";
import type { SiteConfig } from "../../stacks/kinds";
import { containersThere } from "./inside";

/** What the keys of a path's pages begin with (components/sites/wordpressNginx.ts); of no path, those of all. */
export function pageKeys(path: string | undefined): string[] {
  if (path === undefined) return ["*"];
  const asked = path.replaceAll(/[^\x21-\x7e]/gu, encodeURIComponent);
  if (!asked.startsWith("/")) throw new UserError(`${path} is no path of the site's: it begins with /`);
  if (asked.endsWith("*")) return [asked];
  return asked.includes("?") ? [`${asked} *`] : [`${asked} *`, `${asked}?*`];
}

/** Has each nginx of a site forget its pages, or those of a path. */
export async function forgetPages(config: HostConfig, site: SiteConfig, path?: string): Promise<void> {
  const found = await containersThere(config, [`label=varvol.owner=${site.name}`, "label=varvol.role=web"]);
  if (found.length === 0)
    throw new UserError(
      `${site.name}/web does not run.`,
      "npx varvol up starts it; what it kept is gone with it.",
    );
  for (const { id } of found)
    for (const key of pageKeys(path)) {
      const socket = `/run/purge/${id.slice(0, 12)}.sock`;
      const curl = ["curl", "-fsS", "-m", "20", "-o", "/dev/null", "--unix-socket", socket];
      const { code, stderr } = await onHost(config, [
        ...["docker", "exec", id, ...curl, "-H", `X-Pages: ${key}`, "http://pages/"],
      ]);
      if (code !== 0)
        throw new UserError(
          `${site.name}: its nginx on ${hostName(config)} forgot nothing: ${stderr.trim()}`,
          "An image of before this key can't; npx varvol up builds one that can.",
        );
    }
}
