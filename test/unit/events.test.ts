import assert from "node:assert/strict";
import * as path from "node:path";
import { type Host, Restore } from "../../components";
import { events, type EventInputs } from "../../components/backup/event";
import { UNKNOWN } from "../../engine/preview";
import { checkConfig } from "../../stacks/problems";
import { type Registered, render } from "../support/mocks";

const run = "20261121t030000-12ab";
const site = (more: Record<string, unknown> = {}) => ({
  name: "hello",
  kind: "static",
  domains: ["hello.localhost"],
  ...more,
});
const blog = { name: "blog", kind: "wordpress", domains: ["blog.localhost"] };
const backup = { repository: path.resolve("repository") };
const eventsOf = (all: readonly Registered[]) => all.filter(({ type }) => type.includes("dynamic/backup:"));

describe("snapshots that an up takes and restores", () => {
  for (const preview of [false, true]) {
    it(`are resources that hold their own small code and no secret${preview ? ", in a preview too" : ""}`, async () => {
      const all = await render(
        "local",
        {
          kind: "local",
          sites: [site({ restore: { snapshot: run, confirm: `replace-hello-by-${run}` } }), blog],
          backup: { ...backup, beforeReplace: true },
        },
        { preview },
      );
      assert.deepEqual(
        eventsOf(all).map(({ type, name }) => `${type.split(":").pop()} ${name}`),
        ["Backup hello-snapshot", "Backup blog-snapshot", "Restore hello-restore"],
      );
      for (const { inputs } of eventsOf(all)) {
        const code = String(inputs.__provider);
        assert.match(code, /exports\.handler/);
        assert.match(code, /node:child_process/);
        assert.ok(code.length < 10_000, String(code.length));
        assert.doesNotMatch(JSON.stringify(inputs), /password|PASSPHRASE(?!")|-----BEGIN/);
        assert.equal(typeof inputs.trigger, "string");
      }
      const [, ofBlog, restore] = eventsOf(all);
      assert.match(
        String(ofBlog?.inputs.trigger),
        /^varvol\/wordpress-php:[0-9a-f]{12} varvol\/wordpress-web:[0-9a-f]{12}$/,
      );
      assert.deepEqual((restore?.inputs.command as string[]).slice(-3), ["event", "", "-"]);
      assert.deepEqual(JSON.parse(String(restore?.inputs.input)), {
        ...{ job: "event", what: "restore", run, confirm: `replace-hello-by-${run}` },
        site: {
          name: "hello",
          kind: "static",
          folders: ["site"],
          database: false,
          domain: "hello.localhost",
        },
      });
    });
  }

  it("are only there where the stack file asks for them, a site's own word first", async () => {
    const named = async (sites: unknown[], more: Record<string, unknown>) =>
      eventsOf(await render("local", { kind: "local", sites, backup: { ...backup, ...more } })).map(
        ({ name }) => name,
      );
    assert.deepEqual(await named([site(), blog], {}), []);
    assert.deepEqual(await named([site({ backup: { beforeReplace: true } }), blog], {}), ["hello-snapshot"]);
    assert.deepEqual(
      await named([site({ backup: { beforeReplace: false } }), blog], { beforeReplace: true }),
      ["blog-snapshot"],
    );
  });

  it("are restored only with the words that say what is lost", () => {
    const problems = (restore: Record<string, unknown>, more: Record<string, unknown> = { backup }) => {
      try {
        checkConfig("local", { kind: "local", sites: [site({ restore })], ...more });
        return "";
      } catch (error) {
        return (error as Error).message;
      }
    };
    const confirm = `replace-hello-by-${run}`;
    assert.equal(problems({ snapshot: run, confirm }), "");
    assert.match(
      problems({ snapshot: run, confirm: "yes" }),
      new RegExp(`sites\\[0\\]\\.restore\\.confirm: must be ${confirm}`),
    );
    assert.match(
      problems({ snapshot: "latest", confirm }),
      /restore\.snapshot: "latest" must be a snapshot's/,
    );
    assert.match(problems({ snapshot: run }), /restore\.confirm: is missing/);
    assert.match(problems({ snapshot: run, confirm }, {}), /there is no varvol:backup/);
  });
});

describe("the provider of snapshots", () => {
  const inputs = (script: string, more: Partial<EventInputs> = {}): EventInputs => ({
    ...{
      site: "hello",
      detail: "hot",
      command: ["sh", "-c", script],
      input: "asked\n",
      trigger: "a",
      timeout: 20,
      revision: 1,
    },
    ...more,
  });
  const { create, update, diff, delete: remove } = events;
  const result = (run: string, text: string) => `echo '${JSON.stringify({ type: "result", run, text })}'`;
  const done = `read -r asked; [ "$asked" = asked ] && echo '{"type":"alive"}' && ${result("one", "well done")}`;

  it("gives back its inputs and what came of it", async () => {
    const { outs } = await create(inputs(done));
    assert.deepEqual(outs, { ...inputs(done), run: "one", text: "well done" });
  });

  it("acts on another trigger only: not on another command, and not for code of a newer revision", async () => {
    const olds = { ...inputs(done), run: "one", text: "well done" };
    const changes = async (news: EventInputs) => (await diff?.("id", olds, news))?.changes;
    assert.equal(await changes(inputs("false")), false);
    assert.equal(await changes(inputs(done, { trigger: "b" })), true);
    assert.equal(await changes(inputs(done, { trigger: UNKNOWN })), true);
    assert.equal(await changes(inputs(done, { revision: 2 })), true);
    const newer = inputs("exit 1", { revision: 2 });
    assert.deepEqual((await update?.("id", olds, newer))?.outs, { ...newer, run: "one", text: "well done" });
    const other = inputs(result("two", ""), { trigger: "b" });
    assert.deepEqual((await update?.("id", olds, other))?.outs, { ...other, run: "two", text: "" });
  });

  it("fails with the tool's own words, or when it takes too long; deleting does nothing, twice", async () => {
    await assert.rejects(create(inputs("echo why >&2; exit 3")), /^Error: why$/);
    await assert.rejects(create(inputs("", { command: ["/nonexistent"] })), /ENOENT/);
    const began = Date.now();
    await assert.rejects(create(inputs("exec sleep 30", { timeout: 1 })), /not done after 1 seconds/);
    assert.ok(Date.now() - began < 10_000);
    const olds = { ...inputs("exit 1"), run: "", text: "" };
    await remove?.("id", olds);
    await remove?.("id", olds);
  });

  it("hands nothing of the engine's to the tool", async () => {
    process.env.PULUMI_CONFIG_PASSPHRASE = "canary";
    try {
      const { outs } = await create(
        inputs(`echo '{"type":"result","run":"","text":"'"$(env | grep -c canary)"'"}'`),
      );
      assert.equal(outs?.text, "0");
    } finally {
      delete process.env.PULUMI_CONFIG_PASSPHRASE;
    }
  });

  it("refuses a restore whose confirmation is another, with the right one", () => {
    const args = {
      host: {} as Host,
      site: { name: "hello", kind: "static", folders: ["site"], database: false, domain: "hello.localhost" },
      snapshot: run,
    };
    assert.throws(
      () => new Restore("hello", { ...args, confirm: "yes" }),
      new RegExp(`must be replace-hello-by-${run}`),
    );
  });
});
