import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { attempt, capture } from "../base/exec";
import { bridgeAddress } from "../test/support/docker";
import { NAMESPACE, type TestHost } from "../test/support/testHost";
import { atLeast, atMost, type Figure, median } from "./figure";

const PEER = `${NAMESPACE}bench-peer`;
const PEER_CONF = `daemon off; pid /tmp/n; worker_processes 2; error_log stderr; events { worker_connections 4096; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 10000; include /etc/nginx/mime.types;
client_body_temp_path /tmp/a; proxy_temp_path /tmp/b; fastcgi_temp_path /tmp/c; uwsgi_temp_path /tmp/d; scgi_temp_path /tmp/e;
server { listen PORT; root /srv/site; } }`;

/**
 * Requests a second through the gateway against the same nginx alone with host networking, and what idles cost. The
 * address is docker's bridge, so that both are reached as from outside and not by docker's proxy for loopback.
 */
export async function gatewayFigures(host: TestHost): Promise<Figure[]> {
  const address = await bridgeAddress();
  const folder = path.join(host.folder, "page");
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, "index.html"), "x".repeat(1024));
  const blog = { name: "blog", kind: "wordpress", domains: ["blog.localhost"] };
  host.configure([{ name: "page", kind: "static", domains: ["page.localhost"], import: folder }, blog], {
    gateway: { http: host.http, https: host.https, addresses: [address] },
  });
  await host.up();
  const image = await capture([
    "docker",
    "inspect",
    "-f",
    "{{.Config.Image}}",
    await host.container("page/web"),
  ]);
  const port = host.https + 1;
  await attempt(["docker", "rm", "-f", PEER]);
  await capture([
    ...["docker", "run", "-d", "--name", PEER, "--network", "host", "--read-only", "--tmpfs", "/tmp"],
    ...["-e", `NGINX_CONF=${PEER_CONF.replace("PORT", String(port))}`, "-v", `${folder}:/srv/site:ro`, image],
  ]);
  try {
    await sleep(1000);
    const ratios: number[] = [];
    for (let i = 0; i < 5; i++) {
      const through = await wrk(`http://${address}:${host.http}/`);
      const alone = await wrk(`http://${address}:${port}/`);
      ratios.push(through / alone);
    }
    return [
      atLeast(
        "requests a second through the gateway, of the same nginx alone (1 KB, keep-alive, wrk -t1 -c32; median of 5 pairs)",
        median(ratios),
        0.9,
      ),
      ...(await idleMemory(host)),
    ];
  } finally {
    await attempt(["docker", "rm", "-f", PEER]);
  }
}

async function wrk(url: string): Promise<number> {
  const { stdout } = await attempt(["wrk", "-t1", "-c32", "-d5s", "-H", "Host: page.localhost", url]);
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1];
  if (!rate || /Non-2xx/.test(stdout)) throw new Error(`wrk ${url}: ${stdout}`);
  return Number(rate);
}

/** MiB of a container that is not page cache, after a rest. */
async function idleMemory(host: TestHost): Promise<Figure[]> {
  await host.get("blog.localhost").catch(() => undefined);
  // php-fpm ends workers that had nothing to do for 30 s.
  await sleep(45_000);
  const used = async (role: string): Promise<number> => {
    const text = await capture([
      "docker",
      "stats",
      "--no-stream",
      "--format",
      "{{.MemUsage}}",
      await host.container(role),
    ]);
    const [, value = "0", unit] = /^([\d.]+)(KiB|MiB|GiB)/.exec(text) ?? [];
    return Number(value) * (unit === "GiB" ? 1024 : unit === "KiB" ? 1 / 1024 : 1);
  };
  return [
    atMost("memory of an idle static site", await used("page/web"), 8, "MiB"),
    atMost(
      "memory of an idle WordPress (web and php-fpm)",
      (await used("blog/web")) + (await used("blog/php")),
      60,
      "MiB",
    ),
  ];
}
