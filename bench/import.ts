import * as fs from "node:fs";
import * as path from "node:path";
import { performance } from "node:perf_hooks";
import { capture } from "../base/exec";
import { say } from "../base/output";
import { sql } from "../test/support/siteData";
import { TestHost } from "../test/support/testHost";
import { atLeast, atMost, type Figure, shown } from "./figure";
import { makeLargeSite, OLD_URL, POSTS } from "./largeSite";

const HELLO = { name: "hello", kind: "static", domains: ["hello.localhost"] };
const BLOG = { name: "blog", kind: "wordpress", domains: ["blog.localhost"] };

/** A WordPress of 1 GB that comes from another host, and then gets another domain. No container may have more than 512 MiB. */
export async function importFigures(host: TestHost): Promise<Figure[]> {
  const folder = path.join(host.folder, "large");
  makeLargeSite(folder);
  const bytes = Number((await capture(["du", "-sb", folder])).split("\t")[0]);
  host.configure([HELLO, BLOG]);
  await host.up();
  const from = ["--from", folder, "--kind", "wordpress", "--domain", "large.localhost"];
  const imported = await timed(() => varvol(host, "import", "large", ...from));
  const counted = async (where: string) =>
    Number((await sql(host, `SELECT COUNT(*) FROM large.wp_posts WHERE ${where}`))[0]);
  const came = await counted("post_type = 'post' AND post_status = 'publish'");
  const old = await counted(`post_content LIKE '%${OLD_URL}%' OR guid LIKE '%${OLD_URL}%'`);
  const { status } = await host.get("large.localhost");
  const limits = await Promise.all(
    [...(await host.containers()).values()].map((id) =>
      capture(["docker", "inspect", "-f", "{{.HostConfig.Memory}}", id]),
    ),
  );
  const text = fs.readFileSync(host.configFile, "utf8");
  fs.writeFileSync(host.configFile, text.replace("large.localhost", "other.localhost"));
  const moved = await timed(() => varvol(host, "up"));
  return [
    shown("size of the WordPress that is imported", bytes / 1e9, "GB"),
    atMost("its import, until it is served", imported, 120, "s"),
    atMost("the largest memory limit of a container", Math.max(...limits.map(Number)) / 2 ** 20, 512, "MiB"),
    atLeast("posts that came", came, POSTS),
    atMost("posts that still name the old address", old, 0),
    atMost("answer of its front page", status, 200),
    shown("an `up` that gives it another domain", moved, "s"),
  ];
}

async function varvol(host: TestHost, ...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await host.varvol(...args);
  if (code !== 0) throw new Error(`${stdout}${stderr}`);
  say(stderr);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
