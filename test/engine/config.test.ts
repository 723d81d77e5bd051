import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import { attempt, type Result } from "../../base/exec";
import { configIn } from "../../engine/stack";
import { openWorkspace, type Workspace } from "../../engine/workspace";
import { textsOf } from "../../stacks/rawConfig";

const FORMS = `# mine
config:
  varvol:kind: local # why
  varvol:healthTimeout: "60s"
  varvol:gateway: { http: 8080, https: 8443 }
  varvol:sites:
    - &one
      name: one # first
      kind: static
      domains: [one.localhost]
      memory: 32
    - { <<: *one, name: two, domains: [two.localhost] }
`;

// The command line reads stack files by itself, for speed; here it must read what the engine reads.
describe("a stack file", function () {
  this.timeout(60_000);
  let folder: string;
  let file: string;
  let workspace: Workspace;

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-engine-"));
    file = path.join(folder, "Pulumi.x.yaml");
    fs.mkdirSync(path.join(folder, "state"));
    fs.copyFileSync("Pulumi.yaml", path.join(folder, "Pulumi.yaml"));
    fs.writeFileSync(file, FORMS);
    const { env, ...more } = await openWorkspace();
    const own = { PULUMI_BACKEND_URL: `file://${folder}/state`, PULUMI_CONFIG_PASSPHRASE: "x" };
    workspace = { ...more, env: { ...env, ...own } };
    await pulumi("stack", "init", "--no-select");
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  const pulumi = async (...args: string[]): Promise<Result> => {
    const result = await attempt(["pulumi", ...args, "-s", "x"], { cwd: folder, env: workspace.env });
    assert.equal(result.code, 0, result.stderr);
    return result;
  };
  const read = () => configIn(file, "x", workspace);

  it("means to the command line what it means to the engine, with anchors, comments and merged maps", async () => {
    const told = JSON.parse((await pulumi("config", "--json")).stdout) as Record<string, { value: string }>;
    const { config } = parse(fs.readFileSync(file, "utf8"), { merge: true }) as {
      config: Record<string, unknown>;
    };
    const plain = (texts: Record<string, string>) =>
      Object.fromEntries(
        Object.entries(texts).map(([key, text]) => [
          key,
          /^[[{]/.test(text) ? (JSON.parse(text) as unknown) : text,
        ]),
      );
    assert.deepEqual(
      plain(textsOf(config)),
      plain(Object.fromEntries(Object.entries(told).map(([key, { value }]) => [key, value]))),
    );
    const { sites, http, gateTimeout } = await read();
    assert.deepEqual([http, gateTimeout], [8080, 60]);
    assert.deepEqual(
      sites.map(({ name, memory }) => [name, memory]),
      [
        ["one", 32],
        ["two", 32],
      ],
    );
  });

  it("may have values from `pulumi config`: whole, as JSON text, by path, and encrypted", async () => {
    await pulumi("config", "set", "--path", "varvol:sites[0].memory", "48");
    await pulumi("config", "set", "varvol:gateway", '{"http": 8081}');
    await pulumi("config", "set", "--secret", "--path", "varvol:sites[1].domains[0]", "secret.localhost");
    await pulumi("config", "set", "--secret", "varvol:namespace", "hidden-");
    const { sites, http, namespace } = await read();
    assert.match(fs.readFileSync(file, "utf8"), /secure: v1:/);
    assert.deepEqual([http, namespace], [8081, "hidden-"]);
    assert.deepEqual(
      sites.map(({ memory, domains }) => [memory, domains[0]]),
      [
        [48, "one.localhost"],
        [32, "secret.localhost"],
      ],
    );
  });

  it("does not show what is encrypted when it is wrong", async () => {
    const text = fs.readFileSync(file, "utf8");
    await pulumi("config", "set", "--secret", "varvol:namespace", "A secret");
    await pulumi("config", "set", "--path", "varvol:sites[0].memory", "many");
    await assert.rejects(read(), (error: Error) => {
      assert.match(error.message, /varvol:namespace: its encrypted value must be lower-case/);
      assert.match(error.message, /varvol:sites\[0\]\.memory: "many" must be a number/);
      assert.doesNotMatch(error.message, /A secret/);
      return true;
    });
    fs.writeFileSync(file, text);
  });

  it("says what to do where its values can't be decrypted", async () => {
    const env = { ...workspace.env, PULUMI_CONFIG_PASSPHRASE: "another" };
    await assert.rejects(
      configIn(file, "x", { ...workspace, env }),
      /only the engine can read, and it can't/,
    );
  });
});
