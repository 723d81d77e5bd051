import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { attempt, capture } from "../../base/exec";
import { KeptHost } from "../support/keptHost";
import { filesOf } from "../support/siteData";
import { NAMESPACE } from "../support/testHost";
import { until } from "../support/until";

describe("a backup repository behind sftp", function () {
  this.timeout(600_000);
  const host = new KeptHost("sftp", 18870, ["hello"]);
  const server = `${NAMESPACE}sftp-server`;
  const credentials = path.join(host.folder, "credentials");
  const id = path.join(host.folder, "id");

  before(async () => {
    await capture(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", id]);
    const install =
      "apt-get -qq update && apt-get -qqy install --no-install-recommends openssh-server > /dev/null && mkdir -p /run/sshd /root/.ssh";
    const key = fs.readFileSync(`${id}.pub`, "utf8").trim();
    await capture([
      ...["docker", "run", "-d", "--init", "--name", server, "-e", `KEY=${key}`, "debian:trixie-slim"],
      ...["sh", "-c", `${install} && echo "$KEY" > /root/.ssh/authorized_keys && exec /usr/sbin/sshd -D`],
    ]);
    const hostKey = await until(
      "the server's key",
      async () => {
        const file = "/etc/ssh/ssh_host_ed25519_key.pub";
        const { code, stdout } = await attempt(["docker", "exec", server, "cat", file]);
        const up = await attempt([
          "docker",
          "exec",
          server,
          "sh",
          "-c",
          "cat /proc/[0-9]*/comm | grep -x sshd",
        ]);
        return code === 0 && up.code === 0 && stdout.split(" ").slice(0, 2).join(" ");
      },
      180,
    );
    const address = await capture(["docker", "inspect", "-f", "{{.NetworkSettings.IPAddress}}", server]);
    write(hostKey);
    host.repository = `sftp:root@${address}:/root/kept`;
    host.keep({ credentials });
  });

  after(() => attempt(["docker", "rm", "-f", server]));

  function write(hostKey: string): void {
    const text = `SFTP_PRIVATE_KEY_FILE=${id}\nSFTP_HOST_KEY='${hostKey}'\n`;
    fs.writeFileSync(credentials, text, { mode: 0o600 });
  }

  it("takes and gives snapshots by a key that no container shows", async () => {
    await host.up();
    const files = filesOf(host, "hello");
    await host.ok("backup");
    fs.writeFileSync(path.join(host.root, "hello/site/index.html"), "defaced");
    await host.ok("restore", "hello", "--yes");
    assert.deepEqual(filesOf(host, "hello"), files);
  });

  it("is refused where another machine answers in its place", async () => {
    const good = fs.readFileSync(credentials, "utf8");
    await capture(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", `${id}2`]);
    write(fs.readFileSync(`${id}2.pub`, "utf8").split(" ").slice(0, 2).join(" "));
    const { code, stderr } = await host.varvol("up");
    assert.equal(code, 1);
    assert.match(stderr, /can't be (opened|made)[^]*host key/i);
    fs.writeFileSync(credentials, good);
    await host.up();
  });
});
