import * as fs from "node:fs";
import * as path from "node:path";
import { attempt, capture, run } from "../../base/exec";
import { execIn } from "./docker";
import { NAMESPACE } from "./testHost";
import { newKey } from "./testMachine";
import { until } from "./until";

const IMAGE = "varvol-test/webhost";

/** A web host as one rents it, as far as ssh can tell: sshd, MariaDB and a folder, in a container. */
export class WebHost {
  readonly container = `${NAMESPACE}webhost`;
  readonly knownHosts: string;

  private constructor(
    private readonly folder: string,
    readonly port: number,
  ) {
    this.knownHosts = path.join(folder, "known_hosts");
  }

  /** Starts one. `ssh` of this process and of its children then knows its key, from files in the folder. */
  static async start(folder: string, port: number): Promise<WebHost> {
    fs.mkdirSync(folder);
    await run(["docker", "build", "-q", "-t", IMAGE, path.join(__dirname, "../host/import")]);
    const host = new WebHost(folder, port);
    const key = await newKey(path.join(folder, "id"));
    await run([
      ...["docker", "run", "-d", "--init", "--name", host.container, "-e", `AUTHORIZED_KEY=${key}`],
      ...["-p", `127.0.0.1:${port}:22`, IMAGE],
    ]);
    // OpenSSH takes its files from the user's own folder, whatever HOME says.
    const config = `Host 127.0.0.1\n  IdentityFile ${folder}/id\n  UserKnownHostsFile ${host.knownHosts}\n  GlobalKnownHostsFile none\n`;
    fs.writeFileSync(path.join(folder, "config"), config);
    fs.mkdirSync(path.join(folder, "bin"));
    const ssh = `#!/bin/sh\nexec /usr/bin/ssh -F '${folder}/config' "$@"\n`;
    fs.writeFileSync(path.join(folder, "bin/ssh"), ssh, { mode: 0o755 });
    process.env.PATH = `${folder}/bin:${process.env.PATH}`;
    await until(
      "the web host",
      async () =>
        (await host.sh("mariadb -e 'SELECT 1' && cat /etc/ssh/ssh_host_ed25519_key.pub")).length > 0,
    );
    return host;
  }

  get address(): string {
    return `ssh://root@127.0.0.1:${this.port}`;
  }

  /** Makes its key a known one, as logging in by hand for the first time does. */
  async know(): Promise<void> {
    const [kind, key] = (await this.sh("cat /etc/ssh/ssh_host_ed25519_key.pub")).split(" ");
    fs.writeFileSync(this.knownHosts, `[127.0.0.1]:${this.port} ${kind} ${key}\n`);
  }

  /** What a shell script in it prints; fails unless it ends well. */
  async sh(script: string): Promise<string> {
    const { code, stdout, stderr } = await execIn(this.container, ["sh", "-e"], script);
    if (code !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout;
  }

  async copyTo(file: string, target: string): Promise<void> {
    await capture(["docker", "cp", file, `${this.container}:${target}`]);
  }

  async stop(): Promise<void> {
    process.env.PATH = (process.env.PATH ?? "").replace(`${this.folder}/bin:`, "");
    await attempt(["docker", "rm", "-fv", this.container]);
  }
}
