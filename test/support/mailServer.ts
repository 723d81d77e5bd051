import * as fs from "node:fs";
import * as path from "node:path";
import { attempt, run } from "../../base/exec";
import { readLock } from "../../stacks/lock";
import { execIn, inspect } from "./docker";
import { until } from "./until";

const IMAGE = "varvol-test/mail-server";
const FOLDER = path.resolve("test/host/mail");
/** Addresses as the internet has them, in the range that is for examples. */
const OUTSIDE = { host: "198.51.100.5", server: "198.51.100.6" };
const LINK = "vmail";
const PACKAGES = ["openssl=3.5.9-1~deb13u1", "python3-aiosmtpd=1.4.6-5", "python3-dkim=1.1.8-2"];

/** A mail that has arrived. */
export interface Arrived {
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly text: string;
  readonly encrypted: boolean;
  /** Whether another implementation of DKIM takes its signature. */
  readonly signed: boolean;
}

/** A real SMTP server in a container, which takes mail by TLS and with a login alone. */
export class MailServer {
  private constructor(readonly container: string) {}

  /** Starts one whose certificate has a name. */
  static async start(
    container: string,
    { name, user, password }: { name: string; user: string; password: string },
  ): Promise<MailServer> {
    await buildImage();
    const words = [
      ...["docker", "run", "-d", "--init", "--name", container, "-e", "PASSWORD"],
      ...["-v", `${FOLDER}/server.py:/server.py:ro`, IMAGE, "python3", "/server.py", name, user],
    ];
    // In no argument: these are looked at.
    await run(words, { env: { ...process.env, PASSWORD: password } });
    const server = new MailServer(container);
    await until("the SMTP server", async () => (await server.authority()) !== "");
    return server;
  }

  /**
   * Starts one as the internet has them, beyond the host: a network of its own, which no docker knows, with a DNS by which it is
   * the server of each domain.
   */
  static async startOutside(container: string, name: string): Promise<MailServer> {
    await buildImage();
    await run([
      ...["docker", "run", "-d", "--init", "--name", container, "--network", "none"],
      ...[
        "-v",
        `${FOLDER}/server.py:/server.py:ro`,
        IMAGE,
        "python3",
        "/server.py",
        name,
        "-",
        OUTSIDE.server,
      ],
    ]);
    const server = new MailServer(container);
    const { State } = await inspect(container);
    const own = ["nsenter", "-t", String(State.Pid), "-n", "ip"];
    await run(["ip", "link", "add", LINK, "type", "veth", "peer", "name", "vin", "netns", String(State.Pid)]);
    await run(["ip", "addr", "add", `${OUTSIDE.host}/30`, "dev", LINK]);
    await run(["ip", "link", "set", LINK, "up"]);
    await run([...own, "addr", "add", `${OUTSIDE.server}/30`, "dev", "vin"]);
    await run([...own, "link", "set", "vin", "up"]);
    await run([...own, "route", "add", "default", "via", OUTSIDE.host]);
    await until("the SMTP server", async () => (await server.authority()) !== "");
    return server;
  }

  /** Has a container find names by the server's DNS alone, until it is another container. */
  async asked(by: string): Promise<void> {
    const { ResolvConfPath } = await inspect(by);
    fs.writeFileSync(ResolvConfPath, `nameserver ${OUTSIDE.server}\n`);
  }

  /** Has it be found by a name on a network. */
  async join(network: string, name: string): Promise<void> {
    await run(["docker", "network", "connect", "--alias", name, network, this.container]);
  }

  /** What proves that it is the one. */
  async authority(): Promise<string> {
    return (await execIn(this.container, ["cat", "/tmp/server.pem"])).stdout;
  }

  /** What the DNS says of the senders' keys. */
  async says(record: string): Promise<void> {
    await execIn(this.container, ["sh", "-c", "cat > /tmp/record"], record);
  }

  /** All mails that have arrived. */
  async arrived(): Promise<Arrived[]> {
    const { stdout } = await attempt(["docker", "logs", this.container]);
    return stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Arrived);
  }

  /** The first mail in which a text stands, as soon as it is there. */
  async find(text: string): Promise<Arrived> {
    let found: Arrived | undefined;
    await until(`a mail with ${text}`, async () => {
      found = (await this.arrived()).find((one) => one.text.includes(text));
      return found !== undefined;
    });
    if (!found) throw new Error(text);
    return found;
  }

  /** Nobody answers, and connections are refused, until it is back. */
  async goAway(): Promise<void> {
    await run(["docker", "stop", "-t", "1", this.container]);
  }

  async comeBack(): Promise<void> {
    await run(["docker", "start", this.container]);
  }

  async stop(): Promise<void> {
    await attempt(["docker", "rm", "-fv", this.container]);
  }
}

async function buildImage(): Promise<void> {
  const { snapshot = "" } = readLock().sets.mail ?? {};
  await run([
    ...["docker", "build", "-q", "-t", IMAGE, "-f", path.join(FOLDER, "Dockerfile")],
    ...["--build-arg", `PACKAGES=${PACKAGES.join(" ")}`, "--build-arg", `SNAPSHOT=${snapshot}`, "images"],
  ]);
}
