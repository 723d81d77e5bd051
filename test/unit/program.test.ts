import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import { sha256 } from "../../components/written";
import { declaredBy } from "../../engine/declared";
import { type Registered, render, renderedState } from "../support/mocks";

function stackFile(stack: string): Record<string, unknown> {
  const { config } = parse(fs.readFileSync(`Pulumi.${stack}.yaml`, "utf8")) as {
    config: Record<string, unknown>;
  };
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace("varvol:", ""), value]),
  );
}

const containers = (all: Registered[]) =>
  all.filter(({ type }) => type === "docker:index/container:Container");

describe("the program", () => {
  const home = process.env.HOME;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"));

  // ssh's files are made in the home folder.
  before(() => (process.env.HOME = folder));
  after(() => {
    process.env.HOME = home;
    fs.rmSync(folder, { recursive: true });
  });

  for (const preview of [false, true]) {
    for (const stack of ["local", "prod", "rpi"]) {
      it(`renders ${preview ? "a preview" : "every resource"} of ${stack}`, async () => {
        const config = stackFile(stack);
        if (config.host) {
          const key = path.join(folder, "key");
          fs.writeFileSync(key, "not a key\n");
          config.host = { ...config.host, privateKeyFile: key };
        }
        const all = await render(stack, config, { preview });
        const owners = new Set(containers(all).map(({ name }) => name.split("-")[0]));
        for (const { name } of config.sites as { name: string }[])
          assert.ok(owners.has(name), `${name} has a container`);
        assert.ok(owners.has("gateway") && owners.has("mysql"));
        const commands = all.filter(({ type }) => type.startsWith("command:"));
        for (const { name, inputs } of commands)
          assert.equal("interpreter" in inputs, stack === "prod", `${name} runs over ssh`);
      });
    }
  }

  it("replaces no WordPress for what its installation alone reads, and keeps a staging one from the internet", async () => {
    const php = async (more: object) => {
      const site = { name: "blog", kind: "wordpress", domains: ["blog.localhost"], ...more };
      const all = await render("local", { kind: "local", sites: [site] });
      const inputs = containers(all).find(({ name }) => name === "blog-php")?.inputs ?? {};
      const networks = (inputs.networksAdvanced as { name: string }[]).map(({ name }) => name).sort();
      return { envs: inputs.envs as string[], networks };
    };
    const usual = await php({});
    const named = { title: "Another", admin: "ada", email: "ada@example.org" };
    assert.deepEqual(await php(named), usual);
    assert.deepEqual(usual.networks, ["abroad", "database"]);
    const staging = await php({ staging: true });
    assert.deepEqual(staging.networks, ["database"]);
    assert.deepEqual(
      staging.envs.filter((one) => !usual.envs.includes(one)),
      ["WORDPRESS_STAGING=1"],
    );
  });

  for (const where of ["here", "over ssh"])
    it(`says which files it writes on the host, ${where}, also where something is imported`, async () => {
      const key = path.join(folder, "key");
      fs.writeFileSync(key, "not a key\n");
      const { host, ...config } = stackFile("prod");
      const sites = [
        ...(config.sites as object[]),
        {
          ...{ name: "old", kind: "wordpress", domains: ["old.org"], tls: "own" },
          import: { content: folder, database: key },
        },
        { name: "garden", kind: "static", domains: ["garden.org"] },
      ];
      const there = where === "here" ? {} : { host: { ...(host as object), privateKeyFile: key } };
      await render("prod", { ...config, ...there, sites });
      const { files, routes } = declaredBy(renderedState());
      const hashOf = (file: string) => files.find((one) => one.path === file)?.sha256;
      assert.equal(hashOf("old/secrets/database"), sha256("old-database-password-password"));
      assert.equal(hashOf(".varvol/bin/volume"), sha256(fs.readFileSync("host/volume", "utf8")));
      assert.equal(hashOf("gateway/conf/current/tls/old.pem"), sha256("old-certificate-pem"));
      // The own authority's serves until the public one is there.
      assert.equal(hashOf("gateway/conf/current/tls/garden.pem"), sha256("garden-certificate-pem"));
      assert.ok(hashOf("gateway/conf/current/tls/garden.key"));
      const part = files.find(({ path: file }) => /parts\/old\..*old\.conf$/.test(file));
      assert.deepEqual(
        part?.urns.map((urn) => urn.split("::").at(-1)),
        ["old-vhost", "gateway-routes"],
      );
      assert.match(routes?.generation ?? "", /^[0-9a-f]{12}$/);
    });

  it("lets another machine reach backups on this one only while its command runs, and its own folder never", async () => {
    const key = path.join(folder, "key");
    fs.writeFileSync(key, "not a key\n");
    const repository = async (config: Record<string, unknown>) => {
      const all = await render("prod", { ...config, backup: { repository: "/srv/b" } });
      return all.find(({ name }) => name === "backup-repository")?.inputs ?? {};
    };
    const { host, ...here } = stackFile("prod");
    const there = await repository({ ...here, host: { ...(host as object), privateKeyFile: key } });
    const script = String(there.create);
    assert.deepEqual(there.interpreter, ["bash", "-c"]);
    assert.match(script, /--network none .*src=\/srv\/b,dst=\/repository.* serve /);
    assert.match(script, /\.varvol\/bin\/through @socket@ agent repository '/);
    assert.match(
      String((await repository(here)).create),
      /bin\/agent repository '' varvol\/agent:[0-9a-f]{12}$/,
    );
  });

  it("publishes only the gateway's ports", async () => {
    const all = containers(await render("local", stackFile("local")));
    const published = all.filter(({ inputs }) => inputs.ports !== undefined);
    assert.deepEqual(
      published.map(({ name }) => name),
      ["gateway-net"],
    );
    assert.deepEqual(published[0]?.inputs.ports, [
      { internal: 8080, external: 8080, ip: "127.0.0.1", protocol: "tcp" },
      { internal: 8443, external: 8443, ip: "127.0.0.1", protocol: "tcp" },
    ]);
  });

  it("listens at IPv6 on the host's network, where docker would hide who asks", async () => {
    const all = containers(
      await render("local", { ...stackFile("local"), gateway: { addresses: ["::1", "127.0.0.1"] } }),
    );
    const inputs = (name: string) => all.find((one) => one.name === name)?.inputs ?? {};
    const [net, ipv6, nginx] = ["gateway-net", "gateway-ipv6", "gateway"].map(inputs);
    assert.deepEqual(
      (net?.ports as { internal: number; ip: string }[]).map(({ internal, ip }) => [internal, ip]),
      [
        [8080, "127.0.0.1"],
        [8443, "127.0.0.1"],
      ],
    );
    assert.equal(ipv6?.networkMode, "host");
    assert.deepEqual(ipv6?.capabilities, { drops: ["ALL"], adds: ["CAP_NET_BIND_SERVICE"] });
    assert.deepEqual((ipv6?.command as string[]).slice(2), ["[::1]:8080", "[::1]:8443"]);
    assert.equal((nginx?.command as string[]).at(-1), "/run/varvol-ipv6/sockets=[::1]:8080,[::1]:8443");
  });

  it("keeps web containers off MySQL's network and php off the gateway's", async () => {
    const all = containers(await render("local", stackFile("local")));
    const networks = (name: string) =>
      (all.find((one) => one.name === name)?.inputs.networksAdvanced as { name: string }[]).map(
        (network) => network.name,
      );
    assert.deepEqual(networks("blog-web"), ["intercontainer"]);
    assert.deepEqual(networks("hello-web"), ["intercontainer"]);
    assert.deepEqual(networks("blog-php"), ["database", "abroad"]);
    assert.deepEqual(networks("gateway"), ["intercontainer"]);
    assert.deepEqual(networks("gateway-net"), ["intercontainer"]);
    assert.deepEqual(networks("mysql-server"), ["database"]);
  });

  it("puts no secret into a container's arguments", async () => {
    const all = await render("local", stackFile("local"));
    for (const { name, inputs } of containers(all))
      assert.doesNotMatch(JSON.stringify(inputs), /-password|-pem/, name);
    for (const { name, inputs } of all.filter(({ type }) => type.startsWith("command:"))) {
      assert.doesNotMatch(String(inputs.create), /password"|-pem/, name);
    }
  });

  it("runs no MySQL where no site needs one", async () => {
    const all = containers(
      await render("local", {
        kind: "local",
        sites: [{ name: "a", kind: "static", domains: ["a.localhost"] }],
      }),
    );
    assert.deepEqual(all.map(({ name }) => name).sort(), ["a-web", "gateway", "gateway-net"]);
  });
});
