import * as dns from "node:dns/promises";
import * as path from "node:path";
import { attempt, run } from "../../base/exec";
import { readLock } from "../../stacks/lock";
import { bridgeAddress, execIn, inspect } from "./docker";
import { NAMESPACE } from "./testHost";
import { until } from "./until";

const IMAGE = "varvol-test/pebble";
const FOLDER = path.resolve("test/host/certificates");
/** Of Debian's archive, which keeps them: a machine needs neither Go nor a registry for it. */
const PACKAGES = ["pebble=2.6.0+ds1-1", "knot=3.4.6-2"];

/** What a client must prove to get an account. */
export interface AccountKey {
  readonly kid: string;
  readonly hmac: string;
}

/** A zone of a real DNS, and the secret of the key `acme` (HMAC-SHA256) that may change it. */
export interface Zone {
  readonly name: string;
  readonly secret: string;
}

/**
 * Pebble, an ACME authority for tests that is hard on its clients, with a DNS of its own, in a container: one that is told
 * of addresses by the test, or a real one with a zone.
 */
export class Pebble {
  readonly container: string;

  private constructor(
    /** The bridge's address, at which containers and this machine reach each other. */
    readonly bridge: string,
    private readonly ports: { readonly acme: number; readonly dns: number },
  ) {
    this.container = `${NAMESPACE}pebble-${ports.acme}`;
  }

  /** Starts one that asks names for proofs at a port of this machine. */
  static async start(
    port: number,
    { httpPort, seconds, eab, zone }: { httpPort: number; seconds: number; eab: AccountKey; zone?: Zone },
  ): Promise<Pebble> {
    await buildImage();
    const bridge = await bridgeAddress();
    const ports = { acme: port, dns: port + 1 };
    const pebble = new Pebble(bridge, ports);
    await run([
      ...["docker", "run", "-d", "--init", "--name", pebble.container, "-p", `${bridge}:${ports.acme}:14000`],
      ...["-p", `${bridge}:${ports.dns}:8053/udp`, "-p", `${bridge}:${ports.dns}:8053/tcp`],
      ...["-v", `${FOLDER}/start:/start:ro`, "--entrypoint", "sh", IMAGE, "/start"],
      ...[bridge, String(httpPort), String(seconds), eab.kid, eab.hmac],
      ...(zone ? [zone.name, zone.secret] : []),
    ]);
    await until("pebble", async () =>
      (await pebble.sh("curl -sk https://127.0.0.1:14000/dir")).includes("newOrder"),
    );
    return pebble;
  }

  get directory(): string {
    return `https://${this.bridge}:${this.ports.acme}/dir`;
  }

  get resolver(): string {
    return `${this.bridge}:${this.ports.dns}`;
  }

  /** What proves that it is the one. */
  authority(): Promise<string> {
    return this.sh("cat /authority.pem");
  }

  /** What the certificates that it gives are trusted by. */
  root(): Promise<string> {
    return this.sh("curl -sfk https://127.0.0.1:15000/roots/0");
  }

  /** Has a name lead to an address, by default this machine's. */
  async address(name: string, address = this.bridge): Promise<void> {
    await this.manage("clear-a", { host: `${name}.` });
    await this.manage("add-a", { host: `${name}.`, addresses: [address] });
  }

  /** Its own address: of a machine that is no gateway of ours, and of its zone's name server. */
  async elsewhere(): Promise<string> {
    const { NetworkSettings } = await inspect(this.container);
    return NetworkSettings.Networks.bridge?.IPAddress ?? "";
  }

  /** The TXT records of a name of its zone. */
  async proofs(name: string): Promise<string[]> {
    const resolver = new dns.Resolver();
    resolver.setServers([await this.elsewhere()]);
    try {
      return (await resolver.resolveTxt(name)).flat();
    } catch (error) {
      if (["ENODATA", "ENOTFOUND"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
      throw error;
    }
  }

  /** All that it said. */
  async log(): Promise<string> {
    const { stdout, stderr } = await attempt(["docker", "logs", this.container]);
    return stdout + stderr;
  }

  /** Nobody answers until it is thawed. */
  async freeze(): Promise<void> {
    await run(["docker", "pause", this.container]);
  }

  async thaw(): Promise<void> {
    await run(["docker", "unpause", this.container]);
  }

  async stop(): Promise<void> {
    await attempt(["docker", "rm", "-fv", this.container]);
  }

  private async manage(what: string, body: object): Promise<void> {
    await this.sh(`curl -sf -d '${JSON.stringify(body)}' http://127.0.0.1:8055/${what}`);
  }

  private async sh(script: string): Promise<string> {
    const { code, stdout, stderr } = await execIn(this.container, ["sh"], script);
    if (code !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout;
  }
}

/** Throws where Pebble can't be had: without it nothing of certificates is shown. */
async function buildImage(): Promise<void> {
  const { snapshot = "", packages = {} } = readLock().sets.web ?? {};
  await run([
    ...["docker", "build", "-q", "-t", IMAGE, "-f", path.join(FOLDER, "Dockerfile")],
    ...["--build-arg", `PACKAGES=${PACKAGES.join(" ")} curl=${packages.curl}`],
    ...["--build-arg", `SNAPSHOT=${snapshot}`, "images"],
  ]);
}
