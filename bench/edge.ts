import * as fs from "node:fs";
import * as http from "node:http";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { attempt, capture } from "../base/exec";
import { bridgeAddress, inspect } from "../test/support/docker";
import { NAMESPACE, type TestHost } from "../test/support/testHost";
import { atLeast, atMost, type Figure, median, shown } from "./figure";
import { wrk } from "./wrk";

const PEER = `${NAMESPACE}bench-tls`;
const PAIRS = 5;
const AT_ONCE = 200;
const BLOG = "blog.localhost";
const PAGE = "page.localhost";

/** The same nginx with nothing but a certificate, and with what the gateway allows of TLS. */
const peerConf = (port: number, tls: string) => `daemon off; pid /tmp/n; worker_processes 2; error_log stderr;
events { worker_connections 4096; }
http { access_log off; include /etc/nginx/mime.types; ${tls}
client_body_temp_path /tmp/a; proxy_temp_path /tmp/b; fastcgi_temp_path /tmp/c; uwsgi_temp_path /tmp/d; scgi_temp_path /tmp/e;
server { listen ${port} ssl backlog=4096; root /srv/site; ssl_certificate /tls/page.pem; ssl_certificate_key /tls/key.pem; } }`;

/** Counts what WordPress makes, and takes its time for it. */
const COUNTER = `<?php
file_put_contents(WP_CONTENT_DIR . '/uploads/made', 'x', FILE_APPEND | LOCK_EX);
usleep(400000);
`;

/** Each request is for a page that was never asked for, and of a visitor of its own: one alone would be held to his limit. */
const UNCACHED = `local n, run = 0, tostring(os.time())
function request()
  n = n + 1
  local visitor = string.format("198.18.%d.%d", math.floor(n / 250) % 250, n % 250 + 1)
  return wrk.format("GET", "/?fresh=" .. run .. "-" .. n, { Host = "${BLOG}", ["X-Forwarded-For"] = visitor })
end`;

/** What a page and a handshake cost, with all asked by docker's bridge, as from outside. */
export async function edgeFigures(host: TestHost): Promise<Figure[]> {
  const address = await bridgeAddress();
  const folder = path.join(host.folder, "page");
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, "index.html"), "x".repeat(1024));
  host.configure(
    [
      { name: "blog", kind: "wordpress", domains: [BLOG] },
      { name: "page", kind: "static", domains: [PAGE], import: folder },
    ],
    {
      gateway: {
        ...{ http: host.http, https: host.https, addresses: [address] },
        trustedProxies: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
      },
    },
  );
  await host.up();
  const handshakes = await handshakeFigure(host, address);
  return [...(await pageFigures(host, address)), ...(await crowdFigures(host, address)), handshakes];
}

/** A WordPress's page against one that PHP makes, and against files of its size. */
async function pageFigures(host: TestHost, address: string): Promise<Figure[]> {
  const url = `http://${address}:${host.http}`;
  const size = (await ask(address, host.http, "/")).size;
  const text = "x".repeat(size);
  // A static site's, of which the gateway keeps a copy, and one beside the page.
  fs.writeFileSync(path.join(host.root, "page/site/large.html"), text, { mode: 0o644 });
  const uploads = ownFolder(host, "uploads");
  fs.writeFileSync(path.join(uploads, "large.txt"), text, { mode: 0o644 });
  const ratios = { uncached: [] as number[], file: [] as number[], beside: [] as number[] };
  for (let i = 0; i < PAIRS; i++) {
    const cached = await wrk({ url: `${url}/`, headers: { Host: BLOG } });
    const file = await wrk({ url: `${url}/large.html`, headers: { Host: PAGE } });
    const beside = await wrk({ url: `${url}/wp-content/uploads/large.txt`, headers: { Host: BLOG } });
    const made = await wrk({ url, folder: host.folder, script: UNCACHED, connections: 4 });
    ratios.uncached.push(cached / made);
    ratios.file.push(cached / file);
    ratios.beside.push(cached / beside);
  }
  return [
    atLeast("a WordPress's page from its cache, of one that PHP makes", median(ratios.uncached), 100),
    atLeast("the same, of a file of its size in the WordPress", median(ratios.beside), 0.5),
    shown("the same, of a static site's, of which the gateway itself keeps a copy", median(ratios.file)),
  ];
}

/** How often PHP makes a page that a crowd asks for at once. */
async function crowdFigures(host: TestHost, address: string): Promise<Figure[]> {
  fs.writeFileSync(path.join(ownFolder(host, "mu-plugins"), "count.php"), COUNTER, { mode: 0o644 });
  const made = path.join(ownFolder(host, "uploads"), "made");
  const count = () => (fs.existsSync(made) ? fs.statSync(made).size : 0);
  const crowd = async (target: string) => {
    const before = count();
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => ask(address, host.http, target)));
    await sleep(1000);
    return { made: count() - before, failed: answers.filter(({ status }) => status !== 200).length };
  };
  await ask(address, host.http, "/");
  await sleep(12_000);
  const expired = await crowd("/");
  const fresh = await crowd("/?never=asked");
  return [
    atMost(`${AT_ONCE} visitors at once of a page whose time is over: made by PHP`, expired.made, 1),
    atMost("the same: failed", expired.failed, 0),
    shown("the same of a page that was never asked for: made by PHP", fresh.made),
    atMost("the same: failed", fresh.failed, 0),
  ];
}

async function handshakeFigure(host: TestHost, address: string): Promise<Figure> {
  const current = path.join(host.root, "gateway/conf/current");
  const conf = fs.readFileSync(path.join(current, "nginx.conf"), "utf8");
  const tls = (conf.match(/^ *ssl_(?:protocols|ciphers|ecdh_curve|prefer|session).*$/gm) ?? []).join("\n");
  const { Config } = await inspect(await host.container("gateway/gateway"));
  const port = host.https + 1;
  const file = path.join(host.folder, "peer.conf");
  fs.writeFileSync(file, peerConf(port, tls));
  const mounts = {
    [file]: "/peer.conf",
    [path.join(host.folder, "page")]: "/srv/site",
    [fs.realpathSync(path.join(current, "tls"))]: "/tls",
  };
  await attempt(["docker", "rm", "-f", PEER]);
  await capture([
    ...["docker", "run", "-d", "--name", PEER, "--network", "host", "--read-only", "--user", Config.User],
    ...[
      "--tmpfs",
      "/tmp:mode=1777",
      ...Object.entries(mounts).flatMap(([from, to]) => ["-v", `${from}:${to}:ro`]),
    ],
    ...["--entrypoint", "nginx", Config.Image, "-e", "stderr", "-c", "/peer.conf"],
  ]);
  try {
    await sleep(1000);
    // A connection of its own for each page. wrk asks the resolver for a name, and has it for SNI all the same.
    const shakes = (at: number) =>
      wrk({
        url: `https://${PAGE}:${at}/`,
        folder: host.folder,
        script: `function wrk.resolve() wrk.addrs = wrk.lookup("${address}", "${at}") end`,
        headers: { Connection: "close" },
      });
    const ratios: number[] = [];
    for (let i = 0; i < PAIRS; i++) ratios.push((await shakes(host.https)) / (await shakes(port)));
    return atLeast("TLS handshakes a second, of the same nginx alone", median(ratios), 0.95);
  } finally {
    await attempt(["docker", "rm", "-f", PEER]);
  }
}

function ownFolder(host: TestHost, name: string): string {
  const folder = path.join(host.root, "blog/content", name);
  fs.mkdirSync(folder, { recursive: true });
  fs.chownSync(folder, 33, 33);
  return folder;
}

function ask(address: string, port: number, target: string): Promise<{ status: number; size: number }> {
  return new Promise((resolve, reject) => {
    const options = { host: address, port, path: target, headers: { host: BLOG }, agent: false };
    http
      .get(options, (response) => {
        let size = 0;
        response.on("data", (chunk: Buffer) => (size += chunk.length));
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, size }));
      })
      .on("error", reject);
  });
}
