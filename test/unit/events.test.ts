import assert from "node:assert/strict";
import * as path from "node:path";
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
const events = (all: readonly Registered[]) => all.filter(({ type }) => type.includes("dynamic/backup:"));

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
        events(all).map(({ type, name }) => `${type.split(":").pop()} ${name}`),
        ["Backup hello-snapshot", "Backup blog-snapshot", "Restore hello-restore"],
      );
      for (const { inputs } of events(all)) {
        const code = String(inputs.__provider);
        assert.match(code, /exports\.handler/);
        assert.match(code, /node:child_process/);
        assert.ok(code.length < 10_000, String(code.length));
        assert.doesNotMatch(JSON.stringify(inputs), /password|PASSPHRASE(?!")|-----BEGIN/);
        assert.equal(typeof inputs.trigger, "string");
      }
      const [, ofBlog, restore] = events(all);
      assert.match(
        String(ofBlog?.inputs.trigger),
        /^varvol\/wordpress-php:[0-9a-f]{12} varvol\/wordpress-web:[0-9a-f]{12}$/,
      );
      assert.deepEqual((restore?.inputs.command as string[]).slice(-5), [
        "hello",
        "static",
        "hello.localhost",
        run,
        `replace-hello-by-${run}`,
      ]);
    });
  }

  it("are only there where the stack file asks for them, a site's own word first", async () => {
    const named = async (sites: unknown[], more: Record<string, unknown>) =>
      events(await render("local", { kind: "local", sites, backup: { ...backup, ...more } })).map(
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
