import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { attempt, capture } from "../../base/exec";
import { openWorkspace } from "../../engine/workspace";
import type { Plan } from "../../flows/plan/schema";
import { agent } from "../../machine/tools";
import { readLock, writeLock } from "../../stacks/lock";
import { TestHost } from "../support/testHost";

describe("snapshots by an up", function () {
  this.timeout(300_000);
  const host = new TestHost("event", 18790);
  const repository = path.join(host.folder, "repository");
  const page = path.join(host.root, "hello/site/index.html");
  const bin = path.join(host.root, ".varvol/bin");
  const tag = `varvol/web:${Date.now().toString(16).padStart(12, "0")}`;
  const hello = {
    name: "hello",
    kind: "static",
    domains: ["hello.localhost"],
    import: path.resolve("demo/hello"),
  };

  const configure = (more: Record<string, unknown> = {}) =>
    host.configure([{ ...hello, ...more }], { backup: { repository, beforeReplace: true } });
  const runs = () => {
    const file = path.join(host.root, ".varvol/backup/results/hello.backup");
    if (!fs.existsSync(file)) return [];
    return fs
      .readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split("\t"));
  };
  const kept = () => fs.readdirSync(path.join(repository, "snapshots")).sort();
  const events = async () =>
    (JSON.parse((await host.varvol("plan", "--json")).stdout) as Plan).events.map(
      ({ site, action, detail }) => `${site} ${action} ${detail}`,
    );

  before(async () => {
    configure();
    await host.up();
  });

  after(() => attempt(["docker", "rmi", tag]));

  it("takes none of a site that is not there yet, and none when nothing changes", async () => {
    assert.deepEqual(runs(), []);
    assert.deepEqual(await events(), []);
    assert.match(await host.up(), /Nothing changed/);
    assert.deepEqual(runs(), []);
  });

  it("takes one before containers are replaced by ones of another image, as the plan says", async () => {
    const before = await host.container("hello/web");
    await capture(["docker", "tag", await imageOf("hello/web"), tag]);
    writeLock({ ...readLock(), pins: { hello: { web: tag } } }, host.lockFile);
    assert.deepEqual(await events(), ["hello backup hot"]);
    await host.up();
    const web = await host.container("hello/web");
    assert.notEqual(web, before);
    const [[time = "", result] = []] = runs();
    assert.equal(result, "ok");
    const created = await capture(["docker", "inspect", "-f", "{{.Created}}", web]);
    assert.ok(Date.parse(time) <= Date.parse(created.trim()), `${time} ${created}`);
    assert.deepEqual(await events(), []);
    assert.match(await host.up(), /Nothing changed/);
    assert.equal(runs().length, 1);
  });

  it("leaves the containers alone when the snapshot fails", async () => {
    const before = await host.containers();
    writeLock(readLock(), host.lockFile);
    fs.renameSync(repository, `${repository}.away`);
    const failed = await host.varvol("up");
    fs.renameSync(`${repository}.away`, repository);
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /the backup repository \S+ is not there/);
    assert.deepEqual(await host.containers(), before);
    await host.up();
    assert.notDeepEqual(await host.containers(), before);
    assert.equal(runs().filter(([, result]) => result === "ok").length, 2);
  });

  it("puts a site back once, by words that name what is lost", async () => {
    const snapshot = runs().at(-1)?.[2] ?? "";
    fs.writeFileSync(page, "defaced");
    configure({ restore: { snapshot, confirm: "yes" } });
    const refused = await host.varvol("up");
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, new RegExp(`confirm: must be replace-hello-by-${snapshot}`));
    assert.equal(fs.readFileSync(page, "utf8"), "defaced");

    const restore = { snapshot, confirm: `replace-hello-by-${snapshot}` };
    configure({ restore });
    assert.deepEqual(await events(), [`hello restore ${snapshot}`]);
    assert.match((await host.varvol("plan")).stdout, /hello: its data is replaced by the snapshot/);
    await host.up();
    assert.equal(fs.readFileSync(page, "utf8"), fs.readFileSync("demo/hello/index.html", "utf8"));
    assert.equal((await host.get("hello.localhost")).status, 200);

    fs.writeFileSync(page, "written since");
    assert.match(await host.up(), /Nothing changed/);
    configure();
    await host.up();
    configure({ restore });
    await host.up();
    assert.equal(fs.readFileSync(page, "utf8"), "written since");
  });

  it("puts back nothing on a host that comes back from its backups", async () => {
    const snapshot = runs().at(-1)?.[2] ?? "";
    fs.rmSync(path.join(host.root, ".varvol/backup/restored"), { recursive: true });
    fs.writeFileSync(path.join(host.root, ".varvol/restoring"), "");
    const site = {
      name: "hello",
      kind: "static",
      folders: ["site"],
      database: false,
      domain: "hello.localhost",
    };
    const asked = (confirm: string) => {
      const input = agent.input({ job: "event", what: "restore", site, run: snapshot, confirm });
      return attempt([`${bin}/agent`, "event", host.namespace, "-"], { input });
    };
    const said = (await asked(`replace-hello-by-${snapshot}`)).stdout;
    fs.rmSync(path.join(host.root, ".varvol/restoring"));
    assert.match(said, /"text":"hello comes back from the host's backups"/);
    const wrong = await asked("yes");
    assert.match(wrong.stderr, /the confirmation is not replace-hello-by-/);
    assert.equal(fs.readFileSync(page, "utf8"), "written since");
  });

  it("are a program's own, too: taken and tried when its trigger changes", async () => {
    const cwd = path.join(__dirname, "ownProgram");
    const env = { ...host.env, ...(await openWorkspace()).env, ...host.backend };
    const folder = fs.mkdtempSync(path.join(host.folder, "own-"));
    const file = path.join(folder, "Pulumi.own.yaml");
    fs.copyFileSync(path.join(cwd, "Pulumi.yaml"), path.join(folder, "Pulumi.yaml"));
    await capture(["pulumi", "stack", "init", "own", "--no-select"], { cwd: folder, env });
    const pulumi = (...args: string[]) =>
      attempt(["pulumi", ...args, "-s", "own", "--non-interactive"], { cwd, env });
    const up = async (trigger: string, snapshot = "latest") => {
      for (const [key, value] of Object.entries({ volumeRoot: host.root, trigger, snapshot }))
        await pulumi("config", "set", key, value, "--config-file", file);
      return pulumi("up", "--yes", "--config-file", file);
    };
    const outputs = async () =>
      JSON.parse((await pulumi("stack", "output", "--json")).stdout) as { run: string; text: string };

    const first = await up("1");
    assert.equal(first.code, 0, first.stdout + first.stderr);
    const { run, text } = await outputs();
    assert.equal(run, runs().at(-1)?.[2]);
    assert.match(text, /^answer 200; \d+ files; snapshot of /);
    assert.match((await up("1")).stdout, /unchanged/);
    assert.deepEqual(await outputs(), { run, text });

    // One that fails is not done: the next update tries again.
    const failed = await up("2", "20200101t000000-0000");
    assert.notEqual(failed.code, 0);
    assert.match(failed.stdout + failed.stderr, /drill: hello: the snapshot 20200101t000000-0000 did not/);
    const again = await up("2");
    assert.equal(again.code, 0, again.stdout + again.stderr);
    assert.equal((await outputs()).run, runs().at(-1)?.[2]);
    assert.notEqual((await outputs()).run, run);
    const snapshots = kept();
    const gone = await pulumi("destroy", "--yes", "--config-file", file);
    assert.equal(gone.code, 0, gone.stdout + gone.stderr);
    assert.deepEqual(kept(), snapshots);
  });

  it("stay when the host is destroyed", async () => {
    const snapshots = kept();
    const { code, stderr } = await host.varvol("destroy", "--yes");
    assert.equal(code, 0, stderr);
    assert.deepEqual(kept(), snapshots);
    assert.ok(fs.existsSync(page));
  });

  async function imageOf(role: string): Promise<string> {
    return (await capture(["docker", "inspect", "-f", "{{.Image}}", await host.container(role)])).trim();
  }
});
