import * as path from "node:path";
import { attempt, run } from "../../base/exec";
import { readLock } from "../../stacks/lock";
import { execIn } from "./docker";
import { until } from "./until";

const IMAGE = "varvol-test/mail-server";
const FOLDER = path.resolve("test/host/mail");
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
