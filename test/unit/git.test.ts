import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { mask } from "../../base/words";
import { buildEnv } from "../../components/sites/builder";
import { pullerEnv, servedSource } from "../../components/sites/puller";
import { hostOf, knownName, wayOf } from "../../components/sites/repositoryAddress";
import { SECRET } from "../../engine/declared";
import { foundFacts } from "../../flows/drift/foundFacts";
import { inWords, isProven } from "../../flows/git/check";
import { resolveConfig } from "../../stacks/config";
import { pulledFrom } from "../../stacks/kinds";
import { checkConfig, ConfigError } from "../../stacks/problems";
import { render } from "../support/mocks";
import { commitTo, gitIn, Puller } from "../support/puller";
import { testFolder } from "../support/testHost";

const TOKEN = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIVIC02vnjFyL+I4RHfvIGNtOgJMe769VTF1VR4EB3ZB";

function stack(git: Record<string, unknown>) {
  return { kind: "local", sites: [{ name: "docs", kind: "static-git", domains: ["docs.localhost"], git }] };
}

function problem(git: Record<string, unknown>): string | undefined {
  try {
    checkConfig("x", stack(git));
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.join("\n");
    throw error;
  }
}

function resolved(git: Record<string, unknown>) {
  const config = resolveConfig("x", checkConfig("x", stack(git)));
  const from = config.sites[0] && pulledFrom(config.sites[0]);
  if (!from) throw new Error("it is pulled from nowhere");
  return from.git;
}

describe("a repository's address", () => {
  it("tells how it is reached, and the host by which its keys are known", () => {
    for (const [url, way, host, known] of [
      ["https://a.example/x", "http", "a.example", undefined],
      ["https://me@a.example:8443/x", "http", "a.example", undefined],
      ["ssh://git@a.example/x", "ssh", "a.example", "a.example"],
      ["ssh://git@a.example:2222/x", "ssh", "a.example", "[a.example]:2222"],
      ["git@a.example:g/x.git", "ssh", "a.example", "a.example"],
      ["git://a.example/x", "git", "a.example", undefined],
      ["/home/me/x", "path", "", undefined],
      ["./me@x", "path", "", undefined],
    ] as const) {
      assert.equal(wayOf(url), way, url);
      assert.equal(hostOf(url), host, url);
      if (known !== undefined) assert.equal(knownName(url), known);
    }
  });

  it("is refused with a password or token in it, which the refusal does not show", () => {
    for (const url of [
      "https://bot:hunter2secret@a.example/x",
      "https://bot:hunter2secret/x@a.example/x",
      "https://bot:hunter2@secret@a.example/x",
      `https://${TOKEN}@a.example/x`,
      `https://${TOKEN}:x-oauth-basic@a.example/x`,
      "https://glpat-hunter2secret@a.example/x",
      "http://:hunter2secret@a.example/x",
    ]) {
      const said = problem({ url }) ?? "";
      assert.match(said, /^varvol:sites\[0\]\.git\.url: .*holds a password.*git\.token.*--secret/, url);
      assert.doesNotMatch(said, /hunter2|secret@|ghp_|glpat/, url);
    }
    for (const url of [
      "https://bot@a.example/x",
      "https://gitlab+deploy-token-12345@a.example/x",
      "https://a.example:8443/@scope/x",
      "ssh://git@a.example:2222/x",
      "git@a.example:g/x.git",
      "/home/me/a:b@c",
    ])
      assert.equal(problem({ url }), undefined, url);
  });

  it("shows no password, wherever it stands in a text", () => {
    for (const [text, shown] of [
      ["at https://u:p@a/x and https://t@b/y", "at https://***@a/x and https://***@b/y"],
      ["https://u:p@ss@a/x", "https://***@a/x"],
      ["https://u:p/ss@a/x", "https://***@a/x"],
      ["https://a:8443/@scope/x", "https://a:8443/@scope/x"],
    ] as const)
      assert.equal(mask(text), shown);
  });

  it("is refused for the puller's own container, and for what it can't be", () => {
    for (const url of ["http://localhost:3000/x", "git://127.0.0.1/x", "ssh://git@[::1]/x"])
      assert.match(problem({ url }) ?? "", /names the puller's own container/, url);
    assert.match(problem({ url: "https://a.example/x y" }) ?? "", /is no address/);
    assert.match(problem({ url: "ssh://git@a.example/x", token: TOKEN }) ?? "", /git-key/);
    assert.doesNotMatch(problem({ url: "ssh://git@a.example/x", token: TOKEN }) ?? "", /ghp_/);
    assert.match(problem({ url: "https://a.example/x", knownHosts: KEY }) ?? "", /is for ssh/);
    assert.match(problem({ url: "git@a.example:x", knownHosts: "SHA256:abc" }) ?? "", /must be a public key/);
  });

  it("has its host put before a key that lacks one", () => {
    const url = "ssh://git@a.example:2222/x";
    assert.equal(resolved({ url, knownHosts: KEY }).knownHosts, `[a.example]:2222 ${KEY}`);
    assert.equal(resolved({ url, knownHosts: `# mine\na.example ${KEY}\n` }).knownHosts, `a.example ${KEY}`);
  });

  it("may be a checkout's, a bare repository's or a worktree's path", async () => {
    const folder = testFolder();
    const whole = path.join(folder, "whole");
    const aside = path.join(folder, "aside");
    await commitTo(whole, { "index.html": "main" });
    await gitIn(whole, "worktree", "add", "-q", "-b", "aside", aside);
    assert.equal(resolved({ url: whole }).url, path.join(whole, ".git"));
    assert.equal(resolved({ url: `file://${whole}` }).url, path.join(whole, ".git"));
    const { url, worktree } = resolved({ url: aside });
    assert.deepEqual([url, worktree], [path.join(whole, ".git"), "worktrees/aside"]);
    assert.equal(pullerEnv("docs", resolved({ url: aside })).GIT_URL, "file:///srv/origin/worktrees/aside");
    fs.rmSync(folder, { recursive: true });
  });
});

describe("a repository that was asked for before", () => {
  const git = resolved({ url: "https://a.example/x", folder: "public/", branch: "main" });
  const from = { git };
  const source = pullerEnv("docs", git).GIT_SOURCE ?? "";
  const none = { pulls: new Set<string>(), serves: new Map<string, string>(), filled: new Set<string>() };

  it("is not asked for again, unless something has changed", () => {
    assert.equal(isProven("docs", from, none), false);
    assert.equal(isProven("docs", from, { ...none, pulls: new Set([`docs ${source}`]) }), true);
    assert.equal(
      isProven("docs", from, { ...none, pulls: new Set(["docs 0"]), filled: new Set(["docs"]) }),
      false,
    );
  });

  it("keeps no site from coming back whose containers were lost, but with another source", async () => {
    const filled = new Set(["docs"]);
    assert.equal(isProven("docs", from, { ...none, filled }), true);
    assert.equal(isProven("docs", from, { ...none, filled, serves: new Map([["docs", "0"]]) }), false);
    const build = {
      image: "hugo@sha256:0",
      command: "hugo",
      output: "out",
      timeout: 600,
      memory: 64,
      network: false,
    };
    for (const built of [undefined, build]) {
      const serves = new Map([["docs", servedSource("docs", git, built)]]);
      assert.equal(isProven("docs", { git, build: built }, { ...none, filled, serves }), true);
      const puller = new Puller();
      const env = { ...pullerEnv("docs", git), ...(built && buildEnv(built)) };
      const tool = path.join(puller.folder, "source");
      fs.writeFileSync(tool, `. ${path.resolve("images/git/lib.sh")}\nsource_id\n`);
      const said = await puller.sh(tool, env);
      assert.equal(said.stdout.trim(), servedSource("docs", git, built));
      puller.remove();
    }
  });
});

describe("a generator", () => {
  const docs = {
    name: "docs",
    kind: "static-git",
    domains: ["docs.localhost"],
    git: { url: "https://a.example/x", token: TOKEN },
  };
  const image = `hugo@sha256:${"0".repeat(64)}`;
  const build = { image, command: "hugo --minify", output: "public" };
  const said = (more: object) => {
    try {
      checkConfig("x", { kind: "local", sites: [{ ...docs, build: { ...build, ...more } }] });
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };

  it("sees the commit and no secret, has a limit of memory, and the network where that is said", async () => {
    for (const network of [false, true]) {
      const all = await render("local", {
        kind: "local",
        sites: [{ ...docs, build: { ...build, network } }],
      });
      const container = all.find(
        ({ type, name }) => type === "docker:index/container:Container" && name === "docs-build",
      );
      const inputs = container?.inputs as {
        envs: string[];
        mounts: { source: string }[];
        memory: number;
        entrypoints: string[];
        networkMode?: string;
        networksAdvanced?: { name: string }[];
      };
      assert.deepEqual(
        inputs.mounts.map(({ source }) => source),
        ["/var/vol/docs/build"],
      );
      assert.deepEqual(inputs.envs, ["BUILD_FOLDER=", "BUILD_COMMAND=hugo --minify", "BUILD_SECONDS=600"]);
      assert.equal(inputs.memory, 512);
      assert.deepEqual(inputs.entrypoints.slice(0, 2), ["sh", "-c"]);
      assert.equal(inputs.networkMode, network ? undefined : "none");
      assert.deepEqual(
        inputs.networksAdvanced?.map(({ name }) => name),
        network ? ["abroad"] : undefined,
      );
    }
  });

  it("is refused with an image that may change, or an output that is no folder below", () => {
    assert.match(said({ image: "hugo:latest" }), /build\.image: .* must be pinned by digest/);
    for (const output of [".", "/srv", "../x", "a/../..", ""])
      assert.match(said({ output }), /build\.output: /, output);
    assert.equal(said({ output: "docs/_site" }), "");
  });
});

describe("a token", () => {
  it("is a file that one container reads, and in nothing that is shown", async () => {
    const all = await render("local", stack({ url: "https://bot@a.example/x", token: TOKEN }));
    const volume = all.find(({ name }) => name === "docs-volume");
    const input = volume?.inputs.stdin as Record<string, string>;
    assert.ok(SECRET in input, "the state keeps it encrypted");
    assert.ok(input.value?.includes(Buffer.from(TOKEN).toString("base64")));
    for (const { type, name, inputs } of all.filter((one) => one !== volume))
      assert.ok(!JSON.stringify(inputs).includes(TOKEN), `${type} ${name}`);
  });

  it("has a puller of its own each time that it changes, as all that a pull depends on", () => {
    const url = "https://a.example/x";
    const sources = [
      { url },
      { url, token: TOKEN },
      { url, token: `${TOKEN}x` },
      { url, branch: "next" },
      { url, folder: "public" },
      { url: `${url}y` },
    ].map((git) => pullerEnv("docs", resolved(git)).GIT_SOURCE);
    assert.equal(new Set(sources).size, sources.length);
    assert.equal(pullerEnv("docs", resolved({ url, every: "1h" })).GIT_SOURCE, sources[0]);
  });

  it("that an earlier version put into a container is not shown by drift", () => {
    const container = {
      ...{ Id: "a", Name: "/docs-git", Image: "i", State: { Status: "running" } },
      Config: { Image: "varvol/git:1", Env: ["GIT_URL=https://bot:hunter2@a.example/x"] },
      HostConfig: {
        ...{ Memory: 0, ReadonlyRootfs: true, Privileged: false, RestartPolicy: { Name: "no" } },
        LogConfig: { Type: "json-file", Config: null },
      },
      NetworkSettings: { Networks: null },
    };
    assert.equal(foundFacts(container, undefined).get("env GIT_URL"), "https://***@a.example/x");
  });
});

describe("a repository that can't be pulled", () => {
  const say = (word: string, text: string, git: Record<string, unknown>) =>
    inWords(word, text, { site: "docs", key: "varvol:sites[0].git", git: resolved(git) });

  it("is named with what to do, by how it is reached", () => {
    const https = { url: "https://a.example/x" };
    const ssh = { url: "git@a.example:x" };
    assert.match(
      say("login", "could not read Username", https),
      /\.git\.url: \S+ wants a login .*pulumi config set --secret --path 'varvol:sites\[0\]\.git\.token'/,
    );
    assert.match(
      say("login", "403", { ...https, token: TOKEN }),
      /^varvol:sites\[0\]\.git\.token: .*refuses it/,
    );
    assert.match(
      say("missing", "not found", https),
      /can't be reached \(not found\).*if it is private, set a token/,
    );
    assert.match(say("missing", "not found", { ...https, token: TOKEN }), /give the token the right/);
    assert.match(say("missing", "not found", ssh), /let the site's key in: npx varvol git-key docs/);
    assert.match(
      say("key", "Permission denied (publickey)", ssh),
      /register it there.*npx varvol git-key docs/,
    );
    assert.match(
      say("branch", 'no branch or tag "x"; it has the branches main', { ...https, branch: "x" }),
      /\.git\.branch: \S+ has no branch or tag "x"; it has the branches main; correct it/,
    );
    assert.match(
      say("host-key", `SHA256:abc a.example ${KEY}`, ssh),
      new RegExp(
        `\\.git\\.knownHosts: a\\.example shows SHA256:abc, .*knownHosts: "a\\.example ${KEY.replaceAll("+", "\\+")}"`,
      ),
    );
  });
});
