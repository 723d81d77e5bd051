import { attempt, capture, run } from "../../base/exec";
import { NAMESPACE } from "./testHost";
import { IMAGE } from "./testMachine";

const PREPARE = `export DEBIAN_FRONTEND=noninteractive
apt-get -qq update && apt-get -qq install -y --no-install-recommends curl wireguard-go wireguard-tools
mkdir -p /dev/net && mknod /dev/net/tun c 10 200
umask 077 && cat > /etc/wireguard/host.conf && wg-quick up host`;

/** A control node's end of a tunnel, in a container of its own. */
export class TunnelPeer {
  private constructor(
    private readonly container: string,
    private readonly address: string,
  ) {}

  /** Starts one by what wg-quick reads. */
  static async start(conf: string): Promise<TunnelPeer> {
    const container = `${NAMESPACE}peer`;
    const device = ["--cap-add", "NET_ADMIN", "--cap-add", "MKNOD", "--device-cgroup-rule", "c 10:200 rwm"];
    await run([
      "docker",
      "run",
      "-d",
      "--name",
      container,
      ...device,
      "--entrypoint",
      "sleep",
      IMAGE,
      "3600",
    ]);
    await run(["docker", "exec", "-i", container, "sh", "-ec", PREPARE], { input: conf });
    const [, address = ""] = /^AllowedIPs = (.*)\/32$/m.exec(conf) ?? [];
    return new TunnelPeer(container, address);
  }

  /** Asks the host for a page, through the tunnel. */
  async ask(domain: string, path: string): Promise<{ readonly status: number; readonly size: number }> {
    const curl = ["curl", "-sk", "-m", "20", "-o", "/dev/null", "-w", "%{http_code} %{size_download}"];
    const there = ["--resolve", `${domain}:443:${this.address}`, `https://${domain}${path}`];
    const [status, size] = (await capture(["docker", "exec", this.container, ...curl, ...there])).split(" ");
    return { status: Number(status), size: Number(size) };
  }

  async stop(): Promise<void> {
    await attempt(["docker", "rm", "-f", this.container]);
  }
}
