import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { type Paths, paths } from "../../base/paths";
import { ensureStack, lookingAhead } from "../../engine/newStack";
import { type Stack, stackOf } from "../../engine/stack";
import { pulumiEnv } from "../../engine/workspace";
import type { Engine } from "../../machine/setup/engine";
import type { HostConfig } from "../../stacks/config";

const PROJECT = "name: varvol\nruntime: nodejs\n";
const STACK_FILE = "# mine\nconfig:\n  varvol:kind: local\n";

// Knows no stack but those that it made; writes what it was asked for, and where.
const PULUMI = `#!/bin/sh
echo "$PULUMI_BACKEND_URL $*" >> "$CALLS"
case "$1 $2" in
  "stack --show-name") echo "error: no stack named 'x' found" >&2; exit 6 ;;
  "stack init")
    folder="\${PULUMI_BACKEND_URL#file://}/.pulumi/stacks/varvol"; mkdir -p "$folder"
    echo '{"checkpoint":{"stack":"x"}}' > "$folder/x.json"; echo 'encryptionsalt: v1:new' >> Pulumi.x.yaml ;;
esac
`;

describe("the backend", () => {
  let folder: string;
  let at: Paths;
  let engine: Engine;
  const write = (file: string, text: string, mode = 0o644) => {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), text, { mode });
  };
  const read = (file: string) => fs.readFileSync(path.join(folder, file), "utf8");
  const login = (home: string, current: string) =>
    write(`${home}/credentials.json`, JSON.stringify({ current }));

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"));
    at = paths({ XDG_CACHE_HOME: path.join(folder, "cache") }, path.join(folder, "repo"));
    engine = { source: "path", version: "3.259.0", bin: path.join(folder, "bin"), home: folder + "/engine" };
    write("repo/Pulumi.yaml", PROJECT);
    write("repo/Pulumi.x.yaml", STACK_FILE);
    write("bin/pulumi", PULUMI, 0o755);
    write("calls", "");
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  describe("that commands use", () => {
    const backend = (env: NodeJS.ProcessEnv = {}) => {
      const { PULUMI_BACKEND_URL, PULUMI_CREDENTIALS_PATH } = pulumiEnv(engine, at, { HOME: folder, ...env });
      return [PULUMI_BACKEND_URL, PULUMI_CREDENTIALS_PATH];
    };

    it("is the project's own folder where nobody is logged in", () => {
      assert.deepEqual(backend(), [`file://${folder}/repo/.varvol/state`, undefined]);
      login(".pulumi", "");
      assert.deepEqual(backend(), [`file://${folder}/repo/.varvol/state`, undefined]);
    });

    it("is the one that pulumi is logged in to, by whichever pulumi", () => {
      login("engine", "file:///b");
      assert.deepEqual(backend(), ["file:///b", undefined]);
      login(".pulumi", "s3://a");
      assert.deepEqual(backend(), ["s3://a", `${folder}/.pulumi`]);
      login("elsewhere", "file:///c");
      assert.deepEqual(backend({ PULUMI_CREDENTIALS_PATH: `${folder}/elsewhere` }), [
        "file:///c",
        `${folder}/elsewhere`,
      ]);
    });

    it("is before that the one that the project names, and before all the environment's", () => {
      login(".pulumi", "s3://a");
      write("repo/Pulumi.yaml", `${PROJECT}backend: { url: "s3://project" }\n`);
      assert.equal(backend()[0], "s3://project");
      assert.equal(backend({ PULUMI_BACKEND_URL: "file:///env" })[0], undefined);
    });
  });

  describe("without the stack", () => {
    const open = (env: NodeJS.ProcessEnv = {}): Stack =>
      stackOf("x", { stack: "x" } as HostConfig, path.join(at.repo, "Pulumi.x.yaml"), {
        ...{ paths: at, engine },
        env: {
          ...{ PATH: `${engine.bin}:${process.env.PATH}`, CALLS: path.join(folder, "calls") },
          ...{ PULUMI_BACKEND_URL: `file://${folder}/backend`, PULUMI_CONFIG_PASSPHRASE: "x", ...env },
        },
      });
    const none = new Set<string>();

    it("is looked ahead from in another one, which is gone afterwards: nothing is written", async () => {
      const seen = await lookingAhead(open(), none, async (stack) => {
        assert.equal((await stack.pulumi(["preview"])).code, 0);
        return stack.workspace.env.PULUMI_BACKEND_URL ?? "";
      });
      assert.ok(!fs.existsSync(path.join(folder, "backend")));
      assert.ok(!fs.existsSync(seen.slice("file://".length)));
      assert.equal(read("repo/Pulumi.x.yaml"), STACK_FILE);
      assert.ok(!fs.existsSync(at.folder));
      const [made = "", previewed = "", ...more] = read("calls").trim().split("\n");
      assert.ok(made.startsWith(`${seen} stack init`));
      assert.match(previewed, /preview -s x --config-file \S*varvol-ahead-\S+\/Pulumi\.x\.yaml$/);
      assert.deepEqual(more, []);
    });

    it("gets it from up, once", async () => {
      await ensureStack(open(), none);
      await ensureStack(open(), new Set(["gateway/gateway"]));
      assert.equal(read("calls").match(/stack init/g)?.length, 1);
      assert.equal(read("repo/Pulumi.x.yaml"), `${STACK_FILE}encryptionsalt: v1:new\n`);
    });

    it("gets none where the host runs its containers: they are another backend's", async () => {
      const running = new Set(["gateway/gateway", "blog/php"]);
      const refused =
        /this machine runs 2 containers of x, and there is no such stack in file:\/\/\S+backend/;
      await assert.rejects(ensureStack(open(), running), refused);
      await assert.rejects(
        lookingAhead(open(), running, () => Promise.resolve()),
        refused,
      );
      write("repo/.varvol/state/.pulumi/stacks/varvol/x.json", "{}");
      await assert.rejects(ensureStack(open(), running), (error: { remedy?: string }) => {
        assert.match(error.remedy ?? "", /pulumi login file:\/\/\S+\.varvol\/state/);
        return true;
      });
      assert.doesNotMatch(read("calls"), /stack init/);
    });

    it("is not taken for empty because it can't be reached", async () => {
      write("backend/.pulumi/meta.yaml", "version: 1\n");
      write("bin/pulumi", "#!/bin/sh\necho 'error: no way there' >&2; exit 1\n", 0o755);
      await assert.rejects(ensureStack(open(), none), /does not say whether it has x: error: no way there/);
    });
  });
});
