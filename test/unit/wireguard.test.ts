import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { controlConf, publicKey } from "../../components/tunnel";
import { wireguard } from "../../machine/tools";
import { resolveTunnel } from "../../stacks/wireguard";
import { checkConfig } from "../../stacks/problems";
import { resolveConfig } from "../../stacks/config";
import { HostTools } from "../support/hostTool";

describe("a tunnel", () => {
  it("has keys as WireGuard makes them", () => {
    // As wg pubkey says
    assert.equal(
      publicKey("yMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f4OHi4+Tl5uc="),
      "TVuribBzPZ2Nzs8E8yHJC3Ybd2WmvbK92/rT56vfH2Y=",
    );
  });

  it("has addresses of its own for each stack, or those that it is given", () => {
    const found = resolveTunnel(true, "prod");
    assert.match(found?.addresses.host ?? "", /^10\.86\.\d+\.\d+$/);
    assert.notDeepEqual(found, resolveTunnel(true, "other"));
    assert.deepEqual(resolveTunnel({ network: "10.1.2.4/30", mtu: 1280 }, "prod"), {
      addresses: { host: "10.1.2.5", control: "10.1.2.6" },
      ...{ port: 51820, mtu: 1280 },
    });
    assert.equal(resolveTunnel(undefined, "prod"), undefined);
  });

  it("leads to another machine, and is refused on this one", () => {
    const config = checkConfig("x", { kind: "local", wireguard: true });
    assert.throws(() => resolveConfig("x", config), /varvol:wireguard: leads to another machine/);
  });

  it("is told the control node with the host's address alone behind it", () => {
    const tunnel = { addresses: { host: "10.1.2.5", control: "10.1.2.6" }, port: 51820, mtu: 1420 };
    const text = controlConf({ ...tunnel, endpoint: "2001:db8::1" }, { key: "K", peer: "P" });
    assert.match(text, /^Endpoint = \[2001:db8::1\]:51820$/m);
    assert.match(text, /^AllowedIPs = 10\.1\.2\.5\/32$/m);
  });
});

describe("wireguard", () => {
  let host: HostTools;
  const given = {
    key: "a2V5",
    peer: "cGVlcg==",
    address: "10.1.2.5/30",
    other: "10.1.2.6",
    port: 51820,
    mtu: 1420,
  };

  beforeEach(() => {
    host = new HostTools();
    process.env.VARVOL_UNITS = path.join(host.root, "none");
    for (const program of ["chown", "apt-get", "wireguard-go", "mknod"]) host.standIn(program, "");
    host.standIn("ip", "");
    host.standIn("wg", `case $1 in setconf) cat > '${host.root}/conf' ;; esac`);
  });
  afterEach(() => {
    delete process.env.VARVOL_UNITS;
    host.remove();
  });

  it("keeps the key for root alone, and names it to no program", async () => {
    await host.call(wireguard, { verb: "write" }, given);
    assert.equal(
      (fs.statSync(path.join(host.root, ".varvol/wireguard/settings")).mode & 0o777).toString(8),
      "600",
    );
    assert.match(
      host.read("conf"),
      /PrivateKey = a2V5\nListenPort = 51820\n[^]*AllowedIPs = 10\.1\.2\.6\/32\n/,
    );
    for (const program of ["ip", "wg", "apt-get"])
      assert.ok(
        host.calls(program).every((line) => !line.includes("a2V5")),
        program,
      );
    assert.ok(host.calls("ip").includes("link set wg-varvol mtu 1420 up"));
  });

  it("takes no other lines", async () => {
    const wrong = { ...given, peer: "x\n[Peer]" };
    await assert.rejects(host.call(wireguard, { verb: "write" }, wrong), /is no tunnel/);
  });

  it("says what is lacking", async () => {
    assert.equal(await host.call(wireguard, { verb: "check" }), "being set up\n");
    await host.call(wireguard, { verb: "write" }, given);
    host.standIn("ip", "case $1 in -4) echo '5: wg-varvol inet 10.1.2.5/30 scope global' ;; esac");
    host.standIn("wg", "case $3 in listen-port) echo 51820 ;; peers) echo cGVlcg== ;; esac");
    assert.equal(await host.call(wireguard, { verb: "check" }), "");
    host.standIn("wg", "");
    assert.equal(await host.call(wireguard, { verb: "check" }), "its port\nthe control node's key\n");
  });
});
