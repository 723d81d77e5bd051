import * as fs from "node:fs";
import * as path from "node:path";
import { attempt, capture, run, type Result, type RunOptions } from "../../base/exec";
import { NAMESPACE } from "./testHost";
import { thaw } from "./thaw";
import { until } from "./until";

export const IMAGE = "varvol-test/machine";
const DOCKERFILE = path.join(__dirname, "..", "remote", "machine");

/** Ports of this machine's loopback that lead to the other machine's. */
export interface MachinePorts {
  readonly ssh: number;
  readonly http: number;
  readonly https: number;
  /** The machine's own, where they are not 80 and 443. */
  readonly inside?: { readonly http: number; readonly https: number };
  /** Folders of this machine that the other one has, too. */
  readonly shared?: readonly string[];
}

// Privileged mode asks for all capabilities, also where one is withheld from this machine itself.
const ALMOST_PRIVILEGED = [
  ...["--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE", "--device-cgroup-rule", "a *:* rwm"],
  ...["seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"].flatMap((option) => [
    "--security-opt",
    option,
  ]),
];
const IPV6 = ["--sysctl", "net.ipv6.conf.all.disable_ipv6=0", "--sysctl", "net.ipv6.conf.lo.disable_ipv6=0"];
const MEMORY = ["/run:exec,mode=755", "/run/lock", "/tmp:exec,mode=1777"];

const USER = `
  apt-get -qq update && apt-get -qq install -y --no-install-recommends sudo > /dev/null
  useradd -m -s /bin/sh -G docker deploy && cp -r /root/.ssh /home/deploy/ && chown -R deploy: /home/deploy/.ssh
  echo 'deploy ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/deploy`;

/** Another machine, as far as ssh can tell: Debian with systemd, sshd and a docker daemon of its own, in a container. */
export class TestMachine {
  readonly container: string;
  readonly address = "127.0.0.1";
  private readonly keyFile: string;
  private readonly knownHosts: string;
  private key = "";

  private constructor(
    folder: string,
    private readonly ports: MachinePorts,
  ) {
    this.container = `${NAMESPACE}machine-${ports.ssh}`;
    this.keyFile = path.join(folder, "id");
    this.knownHosts = path.join(folder, "known_hosts");
  }

  /** Starts one; its login key and known_hosts file lie in the folder. */
  static async start(folder: string, ports: MachinePorts): Promise<TestMachine> {
    await run(["docker", "build", "-q", "-t", IMAGE, DOCKERFILE]);
    const machine = new TestMachine(folder, ports);
    const { inside = { http: 80, https: 443 } } = ports;
    await newKey(machine.keyFile);
    await run([
      ...["docker", "run", "-d", "--name", machine.container, "--hostname", "machine", "--cgroupns=private"],
      ...ALMOST_PRIVILEGED,
      ...IPV6,
      ...MEMORY.flatMap((mount) => ["--tmpfs", mount]),
      ...(ports.shared ?? []).flatMap((folder) => ["-v", `${folder}:${folder}`]),
      ...["-e", `AUTHORIZED_KEY=${fs.readFileSync(`${machine.keyFile}.pub`, "utf8").trim()}`],
      ...["-p", `127.0.0.1:${ports.ssh}:22`],
      ...["-p", `127.0.0.1:${ports.http}:${inside.http}`, "-p", `127.0.0.1:${ports.https}:${inside.https}`],
      IMAGE,
    ]);
    machine.key = await until("the machine's ssh key", () => machine.readHostKey());
    fs.writeFileSync(machine.knownHosts, `[${machine.address}]:${ports.ssh} ${machine.key}\n`);
    await machine.untilUp();
    return machine;
  }

  /** The stack's key varvol:host. */
  get host(): Record<string, unknown> {
    return { address: this.address, port: this.ports.ssh, hostKey: this.key, privateKeyFile: this.keyFile };
  }

  /** Runs a command on it that does not come by ssh. */
  async inside(command: readonly string[], input: string): Promise<void> {
    await run(["docker", "exec", "-i", this.container, ...command], { input });
  }

  /** Its address for others than itself. */
  async inner(): Promise<string> {
    const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    return (await capture(["docker", "inspect", "-f", format, this.container])).trim();
  }

  /** Has a user `deploy` who may use docker, and sudo without a password. */
  async addUser(): Promise<void> {
    await this.output(USER);
  }

  /** Runs a command over ssh, on a connection of its own. */
  ssh(command: string, options?: RunOptions): Promise<Result> {
    const settings = ["BatchMode=yes", "ConnectTimeout=5", `UserKnownHostsFile=${this.knownHosts}`];
    return attempt(
      [
        ...["ssh", "-F", "none", "-i", this.keyFile, "-p", String(this.ports.ssh)],
        ...settings.flatMap((setting) => ["-o", setting]),
        ...[`root@${this.address}`, command],
      ],
      options,
    );
  }

  /** What a command prints; fails unless it ends well. */
  async output(command: string): Promise<string> {
    const { code, stdout, stderr } = await this.ssh(command);
    if (code !== 0) throw new Error(`${command}: exit code ${code}: ${stderr}`);
    return stdout.trimEnd();
  }

  /** Containers of a stack, as owner/role -> id. */
  async containers(): Promise<Map<string, string>> {
    const text = await this.output(
      `docker ps -a --no-trunc --filter label=varvol.host --format '{{.Label "varvol.owner"}}/{{.Label "varvol.role"}} {{.ID}}'`,
    );
    return new Map(
      text
        .split("\n")
        .filter(Boolean)
        .map((line) => line.split(" ") as [string, string]),
    );
  }

  /** Shuts down and boots again. */
  async reboot(): Promise<void> {
    await this.thaw();
    await run(["docker", "restart", "-t", "60", this.container]);
    await this.untilUp();
  }

  async stop(): Promise<void> {
    await this.thaw();
    await attempt(["docker", "rm", "-fv", this.container]);
  }

  private async thaw(): Promise<void> {
    thaw(await capture(["docker", "inspect", "-f", "{{.Id}}", this.container]).catch(() => ""));
  }

  private async readHostKey(): Promise<string | undefined> {
    const { code, stdout } = await attempt([
      "docker",
      "exec",
      this.container,
      "cat",
      "/etc/ssh/ssh_host_ed25519_key.pub",
    ]);
    return code === 0 ? stdout.split(" ").slice(0, 2).join(" ").trim() : undefined;
  }

  private async untilUp(): Promise<void> {
    await until("ssh and docker", async () => (await this.ssh("docker version")).code === 0, 60);
  }
}

/** Makes a pair of keys; gives the public one. */
export async function newKey(file: string): Promise<string> {
  await run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file]);
  return fs.readFileSync(`${file}.pub`, "utf8").trim();
}
