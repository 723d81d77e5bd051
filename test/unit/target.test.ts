import assert from "node:assert/strict";
import * as path from "node:path";
import { parse } from "yaml";
import { saltOf, withSalt } from "../../engine/stackFile";
import { absentAddresses, readTarget, retarget, type TargetOptions } from "../../flows/hostRestore/target";

describe("the machine that a lost host comes back on", () => {
  const read = (given: TargetOptions) => readTarget(given);
  const machine = { hostKey: "ssh-ed25519 AAAA", key: "id" };
  const target = {
    address: "vps",
    user: "root",
    port: 22,
    hostKey: "ssh-ed25519 AAAA",
    privateKeyFile: path.resolve("id"),
  };

  it("is named as ssh names one, here, or not at all", () => {
    assert.equal(read({}), undefined);
    assert.equal(read({ to: "here" }), "here");
    assert.deepEqual(read({ to: "root@vps", ...machine }), target);
    assert.deepEqual(read({ to: "me@[::1]:2222", ...machine }), {
      ...target,
      user: "me",
      address: "::1",
      port: 2222,
    });
  });

  it("is refused where the options contradict each other or are not enough", () => {
    assert.throws(() => read({ to: "here", keepConfig: true }), /--to and --keep-config contradict/);
    assert.throws(() => read({ to: "here", ...machine }), /--host-key and --key: of which machine/);
    assert.throws(() => read({ key: "id" }), /--key: of which machine/);
    assert.throws(() => read({ to: "vps", ...machine }), /--to vps: is neither user@address/);
    assert.throws(() => read({ to: "root@vps:ssh", ...machine }), /is neither user@address/);
    assert.throws(() => read({ to: "root@vps", key: "id" }), /--host-key is missing/);
    assert.throws(() => read({ to: "root@vps", hostKey: machine.hostKey }), /--key is missing/);
  });

  const before = `# The host at home
config:
  varvol:kind: prod # a VPS
  varvol:gateway: { addresses: [192.0.2.1], http: 8080 }
  varvol:host:
    # moved in March
    address: old
    user: deploy
    hostKey: ssh-ed25519 BBBB
    privateKeyFile: ~/.ssh/old
  # the sites
  varvol:sites: []
`;
  const host = (text: string) =>
    (parse(text) as { config: Record<string, unknown> }).config["varvol:host"] as unknown;

  it("stands in the stack file instead of the old one, with all else as it was", () => {
    const { text, notes } = retarget(before, target);
    assert.deepEqual(host(text), target);
    assert.deepEqual(notes, []);
    for (const kept of ["# The host at home", "# a VPS", "# moved in March", "# the sites", "192.0.2.1"])
      assert.ok(text.includes(kept), kept);
    assert.deepEqual(host(retarget("config:\n  varvol:kind: local\n", target).text), target);
  });

  it("is this one where the stack file names none", () => {
    const { text, notes } = retarget(before, "here");
    assert.equal(host(text), undefined);
    assert.ok(text.includes("# the sites"));
    assert.match(notes.join(), /varvol:host is left out/);
    assert.deepEqual(retarget("config:\n  varvol:kind: local\n", "here").notes, []);
  });

  it("is not asked to listen on addresses of the old one", () => {
    const wanted = ["0.0.0.0", "::", "127.0.0.1", "192.0.2.1", "198.51.100.7"];
    const absent = absentAddresses(wanted, ["198.51.100.7"]);
    assert.deepEqual(absent, ["192.0.2.1"]);
    const { text, notes } = retarget(before, target, absent);
    assert.deepEqual((parse(text) as { config: Record<string, unknown> }).config["varvol:gateway"], {
      http: 8080,
    });
    assert.match(notes.join(), /varvol:gateway\.addresses is left out.*192\.0\.2\.1/);
  });
});

describe("the salt of a stack file", () => {
  const file = "encryptionsalt: v1:a\nconfig:\n  varvol:kind: local\n";

  it("is this machine's own, wherever the rest comes from", () => {
    assert.equal(
      withSalt(file, saltOf("config: {}\nencryptionsalt: v1:b")),
      "config:\n  varvol:kind: local\nencryptionsalt: v1:b\n",
    );
    assert.equal(withSalt(file, saltOf("config: {}\n")), "config:\n  varvol:kind: local\n");
    const own = withSalt(file, saltOf(file));
    assert.equal(withSalt(own, saltOf(own)), own);
  });
});
