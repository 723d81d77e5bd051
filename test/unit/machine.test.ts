import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Step } from "../../base/output";
import { Machine } from "../../machine/machine";
import { ensureDocker, findDocker } from "../../machine/setup/docker";

const SERVER = '{"Version":"27.0","ApiVersion":"1.46","Arch":"arm64"}';

// A machine over ssh, as far as a command can tell: its commands are scripts that write down how they were called.
describe("another machine", () => {
  const { HOME: home, PATH: search } = process.env;
  const silent: Step = { part: () => undefined, detail: () => undefined };
  let folder: string;

  const command = (name: string, script: string) =>
    fs.writeFileSync(
      path.join(folder, "bin", name),
      `#!/bin/sh\necho "${name} $*" >> "${folder}/calls"\n${script}\n`,
      { mode: 0o755 },
    );
  const calls = () => fs.readFileSync(path.join(folder, "calls"), "utf8");
  const machine = (user: string) =>
    new Machine({
      address: "vps.example.org",
      user,
      port: 22,
      hostKey: "ssh-ed25519 A",
      privateKeyFile: "/k",
    });

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-machine-"));
    fs.mkdirSync(path.join(folder, "bin"));
    fs.writeFileSync(path.join(folder, "calls"), "");
    process.env.HOME = folder;
    process.env.PATH = `${folder}/bin:${search}`;
    command("ssh", 'case "$*" in *"-O exit"*) exit 0 ;; esac\nfor line; do :; done\nexec /bin/sh -c "$line"');
    command("sudo", '[ "$1" = -n ] && shift; AS_ROOT=1 exec "$@"');
  });
  afterEach(() => {
    process.env.HOME = home;
    process.env.PATH = search;
    fs.rmSync(folder, { recursive: true });
  });

  it("runs a command as root, by sudo for whoever isn't", async () => {
    command("whoareyou", 'echo "${AS_ROOT:-0} $1"');
    assert.equal((await machine("deploy").run(["whoareyou", "it's me"])).stdout, "1 it's me\n");
    assert.equal((await machine("root").run(["whoareyou", "x"])).stdout, "0 x\n");
    assert.equal((await machine("deploy").runAsUser(["whoareyou", "x"])).stdout, "0 x\n");
    assert.equal(await machine("deploy").script('echo "$2 $1"', ["a b", "c"]), "c a b\n");
    await assert.rejects(machine("root").script("echo no >&2; exit 3"), /On root@vps.example.org: no/);
  });

  it("is told from a command that failed where it can't be reached", async () => {
    command("ssh", "echo 'ssh: no route to host' >&2; exit 255");
    await assert.rejects(
      machine("root").run(["true"]),
      /root@vps.example.org:22 can't be reached: ssh: no ro/,
    );
    command("ssh", "echo 'SHA256:abc Host key verification failed.' >&2; exit 255");
    await assert.rejects(machine("root").run(["true"]), /answers with another key \(SHA256:abc\)/);
  });

  it("runs a resource's line as a command of ours would, here and there", () => {
    const [, , , , line] = [...machine("deploy").command(["tool", "a b"])];
    const there = machine("deploy").resource(machine("deploy").rootLine(["tool", "a b"]));
    assert.equal(there.create, line);
    assert.deepEqual(
      [...(there.interpreter ?? []), there.create],
      machine("deploy").command(["tool", "a b"]),
    );
    assert.deepEqual(Machine.here.resource("x"), { create: "x" });
  });

  it("gets Docker installed and started, and lets the user use it on a new connection", async () => {
    const flag = (name: string) => path.join(folder, name);
    command(
      "docker",
      `[ -e ${flag("installed")} ] || exit 127
      [ -e ${flag("member")} ] || { echo 'permission denied' >&2; exit 1; }
      echo '${SERVER}'`,
    );
    // What sets root's PATH would find the real commands.
    command("env", 'while case $1 in *=*) true ;; *) false ;; esac; do shift; done; exec "$@"');
    command("dpkg-query", "exit 1");
    command("dpkg", "");
    command("apt-get", `case "$*" in *install*) touch ${flag("installed")} ;; esac`);
    command("apt-cache", "echo '  Candidate: 1'");
    command("systemctl", "");
    command("setsid", "");
    command("id", `[ -e ${flag("member")} ] && echo deploy docker || echo deploy`);
    command("usermod", `touch ${flag("member")}`);
    assert.equal((await findDocker(machine("deploy"))).state, "no client");
    const docker = await ensureDocker(silent, machine("deploy"));
    assert.deepEqual(docker, { version: "27.0", api: "1.46", arch: "arm64" });
    assert.match(calls(), /apt-get -q -y .*install --no-install-recommends docker\.io .*docker-cli/);
    assert.match(calls(), /usermod -aG docker deploy\n[^]*ssh -O exit .*\n(.*\n)*docker version/);
    assert.doesNotMatch(calls(), /sg docker/);
  });
});
