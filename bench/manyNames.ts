import * as fs from "node:fs";
import * as path from "node:path";
import { performance } from "node:perf_hooks";
import { attempt, capture, run } from "../base/exec";
import { memoryForSites } from "../components/gateway/memory";
import { vhostConf } from "../components/gateway/nginx";
import { routes, toolCommand } from "../machine/tools";
import { execIn, inspect, type Inspected } from "../test/support/docker";
import { Pebble } from "../test/support/pebble";
import { NAMESPACE, type TestHost } from "../test/support/testHost";
import { until } from "../test/support/until";
import { atMost, type Figure, median, shown } from "./figure";

const CERTIFICATES = 20;
const VHOSTS = 1000;
const RELOADS = 5;

/** How long many sites wait for their certificates, of an authority that refuses each fifth nonce. */
export async function certificateFigures(host: TestHost): Promise<Figure[]> {
  const eab = { kid: "kid", hmac: Buffer.alloc(32, "hmac").toString("base64url") };
  const pebble = await Pebble.start(host.http + 5, { httpPort: host.http, seconds: 86_400, eab });
  try {
    const names = Array.from({ length: CERTIFICATES }, (_, i) => `site-${i}`);
    for (const name of names) await pebble.address(`${name}.example.org`);
    const authority = path.join(host.folder, "authority.pem");
    fs.writeFileSync(authority, await pebble.authority());
    const import_ = path.resolve("demo/hello");
    host.configure(
      names.map((name) => ({ name, kind: "static", domains: [`${name}.example.org`], import: import_ })),
      {
        tls: "acme",
        acme: { directory: pebble.directory, authority, eab, resolvers: [pebble.resolver] },
        gateway: { http: host.http, https: host.https, addresses: ["127.0.0.1", pebble.bridge] },
      },
    );
    await host.up();
    return [await certificateFigure(host, names)];
  } finally {
    await pebble.stop();
  }
}

/** From the moment that the host begins to order them until the gateway has the last one. */
async function certificateFigure(host: TestHost, names: readonly string[]): Promise<Figure> {
  const gateway = path.join(host.root, "gateway");
  const text = (...file: string[]) => {
    const whole = path.join(gateway, ...file);
    return fs.existsSync(whole) ? fs.readFileSync(whole, "utf8") : undefined;
  };
  const isServed = (name: string) => {
    const given = text("certificates", name, "chain.pem");
    return given !== undefined && given === text("conf/current/tls", `${name}.pem`);
  };
  await until("all certificates", () => Promise.resolve(names.every(isServed)), 180);
  const began = fs.statSync(path.join(gateway, "acme")).birthtimeMs;
  const ended = fs.lstatSync(path.join(gateway, "conf/current")).mtimeMs;
  return atMost(
    `${CERTIFICATES} first certificates, an order each, where a fifth of the nonces is refused`,
    ...([(ended - began) / 1000, 30, "s"] as const),
  );
}

/**
 * How long the gateway's nginx takes to read what many sites have. It is one beside the host's own, with the limits that a
 * gateway of so many sites has from its start.
 */
export async function manySiteFigures(host: TestHost): Promise<Figure[]> {
  host.configure([
    { name: "page", kind: "static", domains: ["page.localhost"], import: path.resolve("demo/hello") },
  ]);
  await host.up();
  const conf = path.join(host.root, "gateway/conf");
  const manifest = fs.readFileSync(path.join(conf, "current/manifest"), "utf8");
  const more = await addParts(path.join(conf, "parts"));
  const gateway = await startGateway(await inspect(await host.container("gateway/gateway")), conf);
  try {
    const whole: number[] = [];
    const alone: number[] = [];
    for (let i = 0; i < RELOADS; i++) {
      const began = performance.now();
      const generation = (i + 1).toString(16).padStart(12, "0");
      await run(toolCommand(host.root, routes, { generation, container: gateway }), {
        input: manifest + more,
      });
      whole.push((performance.now() - began) / 1000);
      alone.push(await reload(conf, gateway, `again-${i}`));
    }
    return [
      atMost(`reload of the gateway with ${VHOSTS} more sites and certificates`, median(alone), 1.5, "s"),
      shown("the whole switch to such a configuration, with its test", median(whole), "s"),
    ];
  } finally {
    await attempt(["docker", "rm", "-f", gateway]);
  }
}

/** Parts of the gateway's configuration as sites with public certificates have them, and their lines in a manifest. */
async function addParts(parts: string): Promise<string> {
  const pair = ["key.pem", "chain.pem"].map((file) => path.join(parts, "..", file)) as [string, string];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  await capture(["openssl", "req", "-x509", ...curve, "-subj", "/CN=x", "-keyout", pair[0], "-out", pair[1]]);
  let lines = "";
  for (let i = 0; i < VHOSTS; i++) {
    const site = `many-${i}`;
    const hash = i.toString(16).padStart(12, "0");
    const folder = path.join(parts, `${site}.${hash}`);
    for (const name of ["vhosts", "tls"]) fs.mkdirSync(path.join(folder, name), { recursive: true });
    const text = vhostConf({
      ...{ site, domains: [`${site}.example.org`, `www.${site}.example.org`], upstream: `${site}-web-x` },
      ...{ cacheable: true, key: `tls/${site}.key`, challenges: true, redirectToPort: 443 },
    });
    fs.writeFileSync(path.join(folder, `vhosts/${site}.conf`), text);
    fs.copyFileSync(pair[0], path.join(folder, `tls/${site}.key`));
    fs.copyFileSync(pair[1], path.join(folder, `tls/${site}.pem`));
    lines += `${site} ${hash}\n`;
  }
  pair.forEach((file) => fs.rmSync(file));
  return lines;
}

async function startGateway({ Config, HostConfig, Id }: Inspected, conf: string): Promise<string> {
  const name = `${NAMESPACE}bench-many`;
  const more = memoryForSites(VHOSTS) * 2 ** 20;
  const limits = await execIn(Id, ["cat", "/proc/1/limits"]);
  const data = Number(/^Max data size +(\d+)/m.exec(limits.stdout)?.[1]) + Math.round((more * 2) / 5);
  await attempt(["docker", "rm", "-f", name]);
  await capture([
    ...["docker", "run", "-d", "--name", name, "--user", Config.User, "--read-only", "--cap-drop", "ALL"],
    ...["--memory", String(HostConfig.Memory + more), "--memory-swap", String(HostConfig.Memory + more)],
    ...["--ulimit", `data=${data}`, "--ulimit", "nofile=16384", "-v", `${conf}:/etc/varvol:ro`],
    ...[
      "--tmpfs",
      "/tmp:mode=1777",
      "--tmpfs",
      "/var/tmp/nginx:mode=1777",
      "--entrypoint",
      "sh",
      Config.Image,
    ],
    ...["-c", "mkdir /tmp/listen && exec nginx -e stderr -c /etc/varvol/current/nginx.conf"],
  ]);
  return name;
}

/** Seconds from the signal until the gateway answers with what it has read anew. */
async function reload(conf: string, gateway: string, id: string): Promise<number> {
  fs.writeFileSync(path.join(conf, "current/generation.conf"), `return 200 "${id}\\n";\n`);
  const script = `began=$(date +%s%N); kill -HUP 1
    until [ "$(curl -s -m 2 http://127.0.0.1:9000/generation)" = "${id}" ]; do sleep 0.01; done
    echo $(($(date +%s%N) - began))`;
  const { code, stdout, stderr } = await execIn(gateway, ["timeout", "30", "sh", "-c", script]);
  if (code !== 0) throw new Error(`the gateway was not reloaded: ${stderr}`);
  return Number(stdout) / 1e9;
}
