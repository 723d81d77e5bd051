import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { attempt } from "../../base/exec";
import { meant, nearest } from "../../base/nearest";
import { verbs } from "../../cli/commands";
import { complete, type Completed, type Words } from "../../cli/complete";
import { wordsOf } from "../../cli/main";
import { titleOf, topics } from "../../cli/topics";
import { importable } from "../../stacks/kinds";

const KNOWN: readonly Completed[] = verbs.map(({ load, ...verb }) => ({
  ...verb,
  options: () => Object.values(load().options ?? {}),
}));

describe("completion", () => {
  const asked: string[] = [];
  const words: Words = {
    stacks: () => ["local", "prod"],
    owners: ({ stack }) => (stack === "prod" ? ["shop"] : ["blog", "hello"]),
    snapshots: (_stack, site) => {
      asked.push(site ?? "");
      return Promise.resolve(["20261130t080000-0a1b", "20261129t080000-0a1b"]);
    },
  };
  const found = async (...typed: string[]) =>
    (await complete(typed, KNOWN, words))?.map(({ word }) => word) ?? "a file";

  it("names verbs, sites, options and their values, as far as they are typed", async () => {
    assert.deepEqual(await found("sn"), ["snapshots"]);
    assert.deepEqual(await found("secret", ""), ["blog", "hello"]);
    assert.deepEqual(await found("secret", "--stack", "prod", ""), ["shop"]);
    assert.deepEqual(await found("secret", "-s", "prod", "s"), ["shop"]);
    assert.deepEqual(await found("secret", "--stack=prod", "s"), ["shop"]);
    assert.deepEqual(await found("up", "--stack", ""), ["local", "prod"]);
    assert.deepEqual(await found("logs", "--fo"), ["--follow"]);
    assert.deepEqual(await found("import", "new", "--kind", "w"), ["wordpress"]);
  });

  it("goes on with names where a verb takes many, and not where it takes one", async () => {
    assert.deepEqual(await found("logs", "blog", ""), ["hello"]);
    assert.equal(await found("secret", "blog", ""), "a file");
    assert.deepEqual(await found("sync", "blog", ""), ["hello"]);
    assert.equal(await found("sync", "blog", "hello", ""), "a file");
    assert.deepEqual(await found("domain", "m"), ["move"]);
    assert.deepEqual(await found("domain", "move", "b"), ["blog"]);
    assert.deepEqual(await found("add", "new", "--kind", "static"), ["static", "static-git"]);
  });

  it("asks for the snapshots of the site that is named", async () => {
    assert.deepEqual(await found("restore", "blog", "--snapshot", "20261130"), ["20261130t080000-0a1b"]);
    assert.deepEqual(asked, ["blog"]);
  });

  it("leaves files to the shell, and what is behind -- to the command that it is for", async () => {
    assert.equal(await found("import", "new", "--from", "/va"), "a file");
    assert.equal(await found("php", "blog", "--", "-"), "a file");
    assert.equal(await found("lint", "Pul"), "a file");
    assert.equal(await found("sql", "blog", "--export", "dum"), "a file");
    assert.deepEqual(await found("purge", ""), []);
  });

  it("knows the pages and commands that there is help for", async () => {
    assert.deepEqual(await found("help", "back"), ["backups", "backup"]);
    assert.deepEqual(wordsOf(["help", "backup"]), ["backup", "--help"]);
    assert.deepEqual(wordsOf(["help", "host", "init"]), ["host-init", "--help"]);
    assert.deepEqual(wordsOf(["help", "backups"]), ["help", "backups"]);
    assert.deepEqual(wordsOf(["help", "host"]), ["help", "host"]);
    for (const topic of topics()) assert.notEqual(titleOf(topic), topic);
  });

  it("knows the kinds that an import takes", async () => {
    assert.deepEqual(
      await found("import", "new", "--kind", ""),
      importable().map(({ name }) => name),
    );
  });

  it("is bash's own by what `varvol completion bash` prints, also through a link", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"));
    try {
      fs.symlinkSync(path.resolve("varvol"), path.join(folder, "varvol"));
      const script = [
        `PATH=${folder}:$PATH; . <(varvol completion bash)`,
        "compopt() { echo files; }",
        'of() { COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _varvol; echo "${COMPREPLY[*]}"; }',
        'of varvol sn; of varvol secret bl; of varvol import x --from ""',
      ].join("\n");
      const { stdout, stderr } = await attempt(["bash", "-c", script], { cwd: folder });
      assert.equal(stdout, "snapshots\nblog\nfiles\n\n", stderr);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});

describe("a misspelt word", () => {
  const kinds = ["static", "static-git", "wordpress", "php"];

  it("is told the nearest one that there is", () => {
    assert.equal(nearest("wordpres", kinds), "wordpress");
    assert.equal(nearest("Wordpress", kinds), "wordpress");
    assert.equal(nearest("sattic", kinds), "static");
    assert.equal(nearest("pph", kinds), "php");
    assert.equal(meant("blg", ["hello", "blog"]), " Did you mean blog?");
  });

  it("is told nothing where none is near", () => {
    assert.equal(nearest("drupal", kinds), undefined);
    assert.equal(nearest("x", ["a", "b"]), undefined);
    assert.equal(meant("", kinds), "");
  });
});
