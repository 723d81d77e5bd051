import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { dockerConnection, sendingScript, type SshArgs, sshCommand } from "../../machine/ssh";

const machine: SshArgs = {
  address: "vps.example.org",
  user: "root",
  port: 2222,
  hostKey: "ssh-ed25519 AAAA",
  privateKeyFile: "/home/me/my keys/id",
};

describe("ssh", () => {
  const home = process.env.HOME;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-ssh-"));

  before(() => (process.env.HOME = folder));
  after(() => {
    process.env.HOME = home;
    fs.rmSync(folder, { recursive: true });
  });

  const fileOf = (ssh: SshArgs) => sshCommand(ssh)[2] ?? "";

  it("trusts the given host key alone", () => {
    const text = fs.readFileSync(fileOf(machine), "utf8");
    assert.match(text, /StrictHostKeyChecking yes/);
    assert.match(text, /GlobalKnownHostsFile none/);
    assert.match(text, /IdentityFile "\/home\/me\/my keys\/id"/);
    assert.equal(fs.readFileSync(`${fileOf(machine)}.known`, "utf8"), "varvol ssh-ed25519 AAAA\n");
    assert.equal(fs.statSync(path.dirname(fileOf(machine))).mode & 0o777, 0o700);
  });

  it("never shares a connection between host keys or between users", () => {
    const others = [{ hostKey: "ssh-ed25519 BBBB" }, { user: "me" }, { port: 22 }, { privateKeyFile: "/id" }];
    const files = [machine, ...others.map((other) => ({ ...machine, ...other }))].map(fileOf);
    assert.equal(new Set(files).size, files.length);
  });

  it("shares no connection where the socket's path would be too long", () => {
    process.env.HOME = path.join(folder, "x".repeat(80));
    assert.match(fs.readFileSync(fileOf(machine), "utf8"), /ControlPath "none"/);
    process.env.HOME = folder;
  });

  it("names an IPv6 address to docker in brackets", () => {
    assert.equal(
      dockerConnection({ ...machine, address: "2001:db8::1" }).host,
      "ssh://root@[2001:db8::1]:2222",
    );
  });

  it("sends what a tool wants, and only then", () => {
    const bin = path.join(folder, "bin");
    const log = path.join(folder, "log");
    const site = path.join(folder, "it's a site");
    fs.mkdirSync(bin);
    fs.mkdirSync(site);
    fs.writeFileSync(path.join(site, "index.html"), "page");
    // The machine is this one: a command line is run as it would be there.
    fs.writeFileSync(path.join(bin, "ssh"), '#!/bin/sh\nfor line; do :; done\nexec sh -c "$line"\n', {
      mode: 0o755,
    });
    const target = path.join(folder, "received");
    const tool = `cat >> ${log}; [ -e ${target} ] || exit 75; echo done`;
    const script = sendingScript(machine, tool, [{ source: site, path: target }], (to, what) => {
      assert.ok(["folder", "file"].includes(what));
      return what === "folder" ? `mkdir ${to}; tar -C ${to} -xf -` : `cat > ${to}`;
    });
    const run = () =>
      spawnSync("bash", ["-c", script], {
        input: "a secret\n",
        encoding: "utf8",
        env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
      });
    const first = run();
    assert.equal(first.status, 0, first.stderr);
    assert.equal(first.stdout, "done\n");
    assert.equal(fs.readFileSync(path.join(target, "index.html"), "utf8"), "page");
    assert.equal(fs.readFileSync(log, "utf8"), "a secret\na secret\n");

    fs.rmSync(site, { recursive: true });
    assert.equal(run().status, 0, "nothing is wanted any more");
    fs.rmSync(target, { recursive: true });
    assert.notEqual(run().status, 0, "what is wanted is gone");
  });
});
