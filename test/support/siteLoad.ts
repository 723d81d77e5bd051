import * as fs from "node:fs";
import * as path from "node:path";
import { Load, type LoadResult, type Shot } from "./load";
import type { TestHost } from "./testHost";

export const SLOW_SECONDS = 5;
export const DOWNLOAD_BYTES = 10 * 1024 * 1024;
const UPLOAD_BYTES = 300_000;

/** Sites of a host that get the load, by kind. */
export interface LoadedSites {
  readonly static?: string;
  readonly git?: string;
  readonly wordpress?: string;
}

/**
 * 200 requests a second, half of them on connections of their own. Most are files; each has an address of its own,
 * so that no cache answers. Of a WordPress: 4 pages a second that PHP makes, small scripts, a script that takes five
 * seconds every other second, uploads, downloads. Two shared cores can't make 200 WordPress pages a second.
 */
export class SiteLoad {
  private readonly loads: { what: string; load: Load }[] = [];

  constructor(host: TestHost, sites: LoadedSites, options: { rate?: number; php?: boolean } = {}) {
    const { rate = 200, php = true } = options;
    const run = (what: string, perSecond: number, shots: readonly (Shot | false | undefined | "")[]) => {
      const real = shots.filter((shot): shot is Shot => Boolean(shot));
      if (real.length > 0)
        this.loads.push({ what, load: new Load({ port: host.http, rate: perSecond, shots: real }) });
    };
    const { wordpress } = sites;
    const scripts = "/wp-content/plugins/probe";
    run("files", rate, [
      sites.static && file(sites.static, "/"),
      sites.git && file(sites.git, "/"),
      wordpress && file(wordpress, "/wp-includes/css/buttons.css"),
    ]);
    run("downloads", 0.5, [sites.static && { ...file(sites.static, "/large.bin"), atLeast: DOWNLOAD_BYTES }]);
    if (!wordpress || !php) return;
    run("pages", 4, [file(wordpress, "/")]);
    run("scripts", 10, [file(wordpress, `${scripts}/quick.php`)]);
    run("slow", 0.5, [file(wordpress, `${scripts}/slow.php`)]);
    run("uploads", 1, [
      {
        ...file(wordpress, `${scripts}/size.php`),
        method: "POST",
        body: Buffer.alloc(UPLOAD_BYTES, "a"),
        expect: String(UPLOAD_BYTES),
      },
    ]);
  }

  async stop(): Promise<LoadResult & { readonly kinds: string }> {
    const results = await Promise.all(
      this.loads.map(async ({ what, load }) => ({ what, result: await load.stop() })),
    );
    const sum = (key: "sent" | "resent") => results.reduce((n, { result }) => n + result[key], 0);
    const files = results.find(({ what }) => what === "files")?.result;
    return {
      sent: sum("sent"),
      resent: sum("resent"),
      failures: results.flatMap(({ result }) => result.failures),
      slowest: Math.max(...results.filter(({ what }) => what !== "slow").map(({ result }) => result.slowest)),
      p50: files?.p50 ?? 0,
      p99: files?.p99 ?? 0,
      kinds: results
        .map(
          ({ what, result }) => `${what} ${result.sent} (p99 ${result.p99} ms, slowest ${result.slowest} ms)`,
        )
        .join(", "),
    };
  }
}

function file(site: string, name: string): Shot {
  return { domain: `${site}.localhost`, path: (n) => `${name}?n=${n}` };
}

/** What the load asks a static site for; gives the folder. */
export function staticContent(folder: string): string {
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, "index.html"), "<h1>served</h1>");
  fs.writeFileSync(path.join(folder, "large.bin"), Buffer.alloc(DOWNLOAD_BYTES, "x"));
  return folder;
}

/** Puts the scripts that the load asks for into a WordPress. */
export function addScripts(host: TestHost, site: string): void {
  const folder = path.join(host.root, site, "content/plugins/probe");
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, "quick.php"), "<?php echo 'quick';");
  fs.writeFileSync(path.join(folder, "slow.php"), `<?php sleep(${SLOW_SECONDS}); echo 'slow';`);
  fs.writeFileSync(path.join(folder, "size.php"), "<?php echo strlen(file_get_contents('php://input'));");
}

/** A load's result in a line. */
export function describeLoad(result: LoadResult & { readonly kinds?: string }): string {
  const { sent, failures, resent, p50, p99, slowest, kinds } = result;
  return (
    `${failures.length} of ${sent} failed, ${resent} resent on a closed idle connection; ` +
    `p50 ${p50} ms, p99 ${p99} ms, slowest ${slowest} ms${kinds ? ` (${kinds})` : ""}`
  );
}
