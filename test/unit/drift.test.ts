import assert from "node:assert/strict";
import { sha256, type WrittenFile } from "../../components/written";
import { type Declared, declaredBy, exportSchema } from "../../engine/declared";
import { compare, type Drift } from "../../flows/drift/compare";
import { type Found, readFound } from "../../flows/drift/found";

const id = (letter: string) => letter.repeat(64);

const inputs = {
  image: "varvol/web:0123456789ab",
  envs: ["NGINX_CONF=conf"],
  labels: [
    { label: "varvol.owner", value: "hello" },
    { label: "varvol.role", value: "web" },
  ],
  memory: 64,
  mounts: [{ type: "bind", source: "/var/vol/hello/site", target: "/srv/site", readOnly: true }],
  networksAdvanced: [{ name: "intercontainer", aliases: ["hello"] }],
  restart: "unless-stopped",
  readOnly: true,
  user: "33:33",
  capabilities: { drops: ["ALL"] },
};

const container = { Id: id("a"), Name: "/hello-web-1", Image: "sha256:1", State: { Status: "running" } };
const config = {
  Image: "varvol/web:0123456789ab",
  Env: ["NGINX_CONF=conf", "PATH=/bin"],
  Cmd: null,
  Labels: { "varvol.owner": "hello", "varvol.role": "web", maintainer: "of the image" },
  User: "33:33",
};
const hostConfig = {
  Memory: 64 * 2 ** 20,
  ReadonlyRootfs: true,
  Privileged: false,
  RestartPolicy: { Name: "unless-stopped" },
  CapDrop: ["ALL"],
  LogConfig: { Type: "json-file", Config: {} },
  Mounts: [{ Source: "/var/vol/hello/site", Target: "/srv/site", ReadOnly: true }],
};
const networks = { intercontainer: { Aliases: ["hello", id("a").slice(0, 12)] } };

interface Hand {
  readonly State?: object;
  readonly Config?: object;
  readonly HostConfig?: object;
  readonly Networks?: object;
  readonly Name?: string;
}

function found(hand: Hand | undefined, lines: string[] = []): Found {
  const described = hand && {
    ...container,
    ...(hand.Name && { Name: hand.Name }),
    State: { ...container.State, ...hand.State },
    Config: { ...config, ...hand.Config },
    HostConfig: { ...hostConfig, ...hand.HostConfig },
    NetworkSettings: { Networks: hand.Networks ?? networks },
  };
  const image = { Id: "sha256:1", Config: { Env: ["PATH=/bin"], Labels: { maintainer: "of the image" } } };
  return readFound(
    [
      ...(described ? [`container ${JSON.stringify(described)}`] : []),
      `image ${JSON.stringify(image)}`,
      `network ${id("b")} intercontainer`,
      ...lines,
    ].join("\n"),
  );
}

const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});

function declared(of: readonly object[] = [], more: object = {}): Declared {
  const resources = [
    {
      urn: "hello",
      type: "docker:index/container:Container",
      id: id("a"),
      inputs: { ...inputs, ...more },
      outputs: { name: "hello-web-1" },
    },
    { urn: "net", type: "docker:index/network:Network", id: id("b"), inputs: { name: "intercontainer" } },
    ...of,
  ];
  return declaredBy(exportSchema.parse({ deployment: { resources } }));
}

const said = (drift: readonly Drift[]) =>
  drift.map(({ subject, what, differences }) =>
    [subject, what, ...differences.map(({ key }) => key)].join(" "),
  );

describe("drift of containers", () => {
  it("is not what was stopped on purpose, and any other stop is", () => {
    const exited = {
      State: { Status: "exited", ExitCode: 0 },
      HostConfig: { RestartPolicy: { Name: "no" } },
    };
    assert.deepEqual(said(compare(declared(), found(exited, ["off hello"]))), []);
    assert.deepEqual(said(compare(declared(), found(exited, ["off blog"]))), [
      "hello/web stopped (exit code 0) restart",
    ]);
    const changed = { ...exited, Config: { User: "0:0" } };
    assert.deepEqual(said(compare(declared(), found(changed, ["off hello"]))), ["hello/web changed user"]);
  });

  it("is no other order of the same ports", () => {
    const ports = [
      { ip: "0.0.0.0", external: 80, internal: 8080 },
      { ip: "::", external: 80, internal: 8081 },
      { ip: "0.0.0.0", external: 443, internal: 8443 },
    ];
    const bindings = {
      "8443/tcp": [{ HostIp: "0.0.0.0", HostPort: "443" }],
      "8081/tcp": [{ HostIp: "::", HostPort: "80" }],
      "8080/tcp": [{ HostIp: "0.0.0.0", HostPort: "80" }],
    };
    assert.deepEqual(compare(declared([], { ports }), found({ HostConfig: { PortBindings: bindings } })), []);
  });

  it("is none of a container that speaks with nobody: docker has a network of the name", () => {
    const alone = { networksAdvanced: undefined, networkMode: "none" };
    const none = { none: { Aliases: null } };
    assert.deepEqual(said(compare(declared([], alone), found({ Networks: none }))), []);
    // A refresh writes down how docker names that it is on others.
    assert.deepEqual(said(compare(declared([], { networkMode: "bridge" }), found({}))), []);
    assert.deepEqual(said(compare(declared([], alone), found({}))), [
      "hello/web changed network intercontainer network none",
    ]);
  });

  it("is rules of the kernel that somebody took away", () => {
    const open = "open what keeps sites from each other and from the host is not in force for IPv4";
    assert.deepEqual(said(compare(declared([]), found({}, [open]))), ["isolation not in force"]);
  });

  it("is none where the host is as the state says, whatever the image brings itself", () => {
    assert.deepEqual(compare(declared(), found({})), []);
  });

  const hands: [what: string, hand: Hand | undefined, says: string][] = [
    ["a container removed", undefined, "hello/web removed"],
    ["a container stopped", { State: { Status: "exited", ExitCode: 0 } }, "hello/web stopped (exit code 0)"],
    ["a container paused", { State: { Status: "paused" } }, "hello/web paused"],
    ["a container renamed", { Name: "/mine" }, "hello/web changed name"],
    ["another memory limit", { HostConfig: { Memory: 2 ** 30 } }, "hello/web changed memory"],
    ["no memory limit", { HostConfig: { Memory: 0 } }, "hello/web changed memory"],
    [
      "another restart policy",
      { HostConfig: { RestartPolicy: { Name: "no" } } },
      "hello/web changed restart",
    ],
    ["another image", { Config: { Image: "nginx" } }, "hello/web changed image"],
    [
      "a changed variable",
      { Config: { Env: ["NGINX_CONF=other", "PATH=/bin"] } },
      "hello/web changed env NGINX_CONF",
    ],
    [
      "an added variable",
      { Config: { Env: ["NGINX_CONF=conf", "PATH=/bin", "X=1"] } },
      "hello/web changed env X",
    ],
    [
      "a lost label",
      { Config: { Labels: { "varvol.owner": "hello" } } },
      "hello/web changed label varvol.role",
    ],
    [
      "another mount",
      { HostConfig: { Mounts: [{ Source: "/etc", Target: "/srv/site", ReadOnly: true }] } },
      "hello/web changed mount /srv/site",
    ],
    ["all privileges", { HostConfig: { Privileged: true } }, "hello/web changed privileged"],
    ["a writable root", { HostConfig: { ReadonlyRootfs: false } }, "hello/web changed readOnly"],
    [
      "a network joined",
      { Networks: { ...networks, database: { Aliases: null } } },
      "hello/web changed network database",
    ],
    ["a network left", { Networks: {} }, "hello/web changed network intercontainer"],
    [
      "a published port",
      { HostConfig: { PortBindings: { "8080/tcp": [{ HostIp: "", HostPort: "80" }] } } },
      "hello/web changed ports",
    ],
  ];
  for (const [what, hand, says] of hands) {
    it(`finds ${what}`, () => assert.deepEqual(said(compare(declared(), found(hand))), [says]));
  }

  it("finds a container that says it is of this stack and is not", () => {
    const stray = { ...found({}).containers[0]!, Id: id("c"), Name: "/stray" };
    const host = found({});
    assert.deepEqual(said(compare(declared(), { ...host, containers: [...host.containers, stray] })), [
      "stray stray",
    ]);
  });

  it("knows an earlier generation that an interrupted update has yet to delete", () => {
    const old = { ...found({}).containers[0]!, Id: id("c"), Name: "/old" };
    const host = found({});
    const state = { ...declared(), leftOver: [id("c")] };
    assert.deepEqual(compare(state, { ...host, containers: [...host.containers, old] }), []);
  });

  it("finds a network that is gone or was made anew", () => {
    const host = found({});
    assert.deepEqual(said(compare(declared(), { ...host, networks: new Map() })), ["intercontainer removed"]);
    const other = new Map([["intercontainer", id("d")]]);
    const [drift] = compare(declared(), { ...host, networks: other });
    assert.equal(drift?.what, "made anew");
    assert.deepEqual(drift?.urns, ["hello"], "who was on it has to join it again");
  });
});

describe("drift of files", () => {
  const command = (urn: string) => ({ urn, type: "command:local:Command" });
  const commands = ["vhost", "routes", "volume", "tools"].map(command);
  const component = (kind: string, outputs: object) => ({
    ...{ urn: `of ${kind}`, type: `varvol:index:${kind}`, outputs },
  });
  const file = (path: string, content: string, ...urns: string[]): WrittenFile => ({
    ...{ path, sha256: sha256(content), urns },
  });
  const part = "gateway/conf/parts/hello.111111111111/vhosts/hello.conf";
  const components = [
    component("Routes", {
      ...{ generation: "abc", switchedBy: "routes" },
      written: secret([
        file("gateway/conf/current/manifest", "hello 111111111111\n", "routes"),
        file(part, "conf", "vhost", "routes"),
        file("gateway/conf/current/vhosts/hello.conf", "conf", "routes"),
      ]),
    }),
    component("Volume", {
      path: "/var/vol/blog",
      written: secret([file("blog/secrets/salt", "s", "volume")]),
    }),
    component("Host", { written: [file(".varvol/bin/gate", "#!/bin/sh\nexit 0\n", "tools")] }),
  ];
  const all = [...commands, ...components];
  const intact: [string, string][] = [
    [part, "conf"],
    ["gateway/conf/current/vhosts/hello.conf", "conf"],
    ["gateway/conf/current/manifest", "hello 111111111111\n"],
    ["gateway/conf/current/generation.conf", 'return 200 "abc\\n";\n'],
    ["./blog/secrets/salt", "s"],
    [".varvol/bin/gate", "#!/bin/sh\nexit 0\n"],
  ];
  const host = (files: [string, string][], current = "generation-abc") =>
    found({}, [`current ${current}`, ...files.map(([file, text]) => `file ${sha256(text)}  ${file}`)]);

  it("is none where every file is what a command wrote", () => {
    assert.deepEqual(compare(declared(all), host(intact)), []);
  });

  it("is none of a site that is stopped on purpose: what was written of it waits", () => {
    const said = "gateway/conf/current/stopped/hello.conf";
    const looked = (off: string[]) =>
      compare(declared(all), {
        ...host([...intact.map(([file]): [string, string] => [file, "other"]), [said, "closed"]]),
        off: new Set(off),
      }).map(({ subject, what }) => `${subject} ${what}`);
    const others = [
      "gateway/conf/current/manifest edited",
      "gateway/conf/current/generation.conf edited",
      ".varvol/bin/gate edited",
    ];
    assert.deepEqual(looked(["hello", "blog"]).sort(), [...others].sort());
    assert.ok(looked([]).includes(`${said} added`));
  });

  it("finds each file that was edited, and what writes it again", () => {
    const urns = [["vhost", "routes"], ["routes"], ["routes"], ["routes"], ["volume"], ["tools"]];
    intact.forEach(([file], i) => {
      const edited = intact.map(([name, text], j): [string, string] => [name, i === j ? `${text}x` : text]);
      const drift = compare(declared(all), host(edited));
      assert.deepEqual(said(drift), [`${file.replace(/^\.\//, "")} edited`]);
      assert.deepEqual(drift[0]?.urns, urns[i]);
    });
  });

  it("finds files that are gone, and added ones where they have an effect", () => {
    const extra: [string, string] = ["gateway/conf/current/vhosts/evil.conf", "x"];
    assert.deepEqual(said(compare(declared(all), host([...intact.slice(1), extra]))), [
      "gateway/conf/parts/hello.111111111111/vhosts/hello.conf removed",
      "gateway/conf/current/vhosts/evil.conf added",
    ]);
  });

  it("takes a public certificate for what serves once the host has it, and nothing else in its place", () => {
    const current = "gateway/conf/current/tls/hello";
    const asks = component("Routes", {
      ...{ generation: "abc", switchedBy: "routes" },
      written: [file(`${current}.pem`, "own", "routes"), file(`${current}.key`, "own key", "routes")],
    });
    const of = (chain: string, ...more: [string, string][]) =>
      said(
        compare(
          declared([command("routes"), asks]),
          host([
            ["gateway/conf/current/generation.conf", 'return 200 "abc\\n";\n'],
            ...[
              [`${current}.pem`, chain] as [string, string],
              [`${current}.key`, "own key"] as [string, string],
            ],
            ...more,
          ]),
        ),
      );
    const given: [string, string] = ["gateway/certificates/hello/chain.pem", "public"];
    assert.deepEqual(of("own"), []);
    assert.deepEqual(of("public"), [`${current}.pem edited`]);
    assert.deepEqual(of("public", given), []);
    assert.deepEqual(of("another", given), [`${current}.pem edited`]);
  });

  it("finds that the gateway was pointed elsewhere, but not that a generation was made anew", () => {
    const files = (generation: string) =>
      intact.map(([file, text]): [string, string] => [file, text.replace("abc", generation)]);
    assert.deepEqual(said(compare(declared(all), host(files("old"), "generation-old"))), [
      "gateway/conf/current changed generation",
    ]);
    assert.deepEqual(compare(declared(all), host(files("abc.17"), "generation-abc.17")), []);
  });

  it("counts nothing that no command stands for any more, as in a state that a lost host left", () => {
    const { files, routes } = declared([...commands.slice(2), ...components]);
    assert.deepEqual(
      files.map(({ path }) => path),
      ["blog/secrets/salt", ".varvol/bin/gate"],
    );
    assert.equal(routes, undefined);
  });

  it("takes no file for an added one where the state is from before components said what they wrote", () => {
    assert.deepEqual(compare(declared(commands), host(intact)), []);
  });

  it("holds no content, which may be a secret", () => {
    assert.doesNotMatch(JSON.stringify(compare(declared(all), host([]))), /#!|salt":|"s"/);
  });
});
