import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as os from "node:os";
import * as path from "node:path";
import * as vm from "node:vm";
import { parse } from "yaml";

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly shell?: string;
  readonly with?: Readonly<Record<string, string>>;
}

interface Comment {
  readonly id: number;
  readonly user: { readonly type: string };
  body: string;
}

const workflow = parse(fs.readFileSync(".github/workflows/plan.yml", "utf8")) as {
  on: Record<string, unknown>;
  jobs: { plan: { if: string; steps: Step[] } };
};
const { plan: job } = workflow.jobs;
const { runs, inputs } = parse(fs.readFileSync(".github/actions/plan/action.yml", "utf8")) as {
  inputs: Record<string, { required?: boolean }>;
  runs: { using: string; steps: Step[] };
};
const step = (name: string) => runs.steps.find((one) => one.name === name) ?? {};

describe("the workflow that comments plans", () => {
  let folder: string;

  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-workflow-"))));
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  /** Runs the step that plans, with a command line that prints and ends so. */
  function plan(output: string, problem: string, code: number): { plan: string; code: string } {
    const npx = `#!/bin/sh\nprintf '%s' "$OUTPUT"\nprintf '%s' "$PROBLEM" >&2\nexit ${code}\n`;
    for (const file of ["summary", "output"]) fs.rmSync(path.join(folder, file), { force: true });
    fs.writeFileSync(path.join(folder, "npx"), npx, { mode: 0o755 });
    execFileSync("bash", ["-e", "-o", "pipefail", "-c", step("Plan").run ?? "exit 9"], {
      cwd: folder,
      env: {
        PATH: `${folder}:${process.env.PATH}`,
        STACK: "prod",
        OUTPUT: output,
        PROBLEM: problem,
        GITHUB_STEP_SUMMARY: "summary",
        GITHUB_OUTPUT: "output",
      },
    });
    const read = (file: string) => fs.readFileSync(path.join(folder, file), "utf8");
    assert.equal(read("summary"), read("plan.md"));
    return { plan: read("plan.md"), code: read("output").trim() };
  }

  /** Runs the step that comments, on a pull request with these comments. */
  async function comment(text: string, comments: Comment[]): Promise<void> {
    fs.writeFileSync(path.join(folder, "plan.md"), text);
    const issues = {
      listComments: () => comments,
      createComment: ({ body }: { body: string }) =>
        comments.push({ id: comments.length + 1, user: { type: "Bot" }, body }),
      updateComment: ({ comment_id: id, body }: { comment_id: number; body: string }) =>
        comments.forEach((one) => one.id === id && (one.body = body)),
    };
    const nodeRequire = createRequire(__filename);
    const inFolder = (name: string): unknown =>
      name === "node:fs"
        ? { readFileSync: (file: string) => fs.readFileSync(path.join(folder, file), "utf8") }
        : nodeRequire(name);
    await vm.runInNewContext(`(async () => {${step("Comment").with?.script}})()`, {
      require: inFolder,
      context: { repo: { owner: "o", repo: "r" }, issue: { number: 7 } },
      github: { paginate: (list: () => Comment[]) => list(), rest: { issues } },
    });
  }

  it("writes one comment a stack, and puts every later plan in its place", async () => {
    const comments: Comment[] = [{ id: 1, user: { type: "User" }, body: "<!-- varvol plan prod -->\nmine" }];
    await comment("<!-- varvol plan prod -->\nfirst", comments);
    await comment("<!-- varvol plan rpi -->\nother", comments);
    await comment("<!-- varvol plan prod -->\nsecond", comments);
    assert.deepEqual(
      comments.map(({ body }) => body.split("\n")[1]),
      ["mine", "second", "other"],
    );
  });

  it("cuts what is too long for a comment", async () => {
    const comments: Comment[] = [];
    await comment(`<!-- varvol plan prod -->\n${"x".repeat(70_000)}`, comments);
    assert.ok((comments[0]?.body.length ?? 0) < 65_536);
    assert.match(comments[0]?.body ?? "", /see the job's summary/);
  });

  it("says why there is no plan, and fails after it has said so", () => {
    const { plan: text, code } = plan("", "error: varvol:sites is wrong", 1);
    assert.match(text, /^<!-- varvol plan prod -->\n### No plan for `prod`[^]*error: varvol:sites is wrong/);
    assert.equal(code, "code=1");
    assert.equal(step("Verdict").if, "steps.plan.outputs.code != '0'");
    assert.deepEqual(plan("<!-- varvol plan prod -->\nfine", "", 0), {
      plan: "<!-- varvol plan prod -->\nfine",
      code: "code=0",
    });
  });

  it("runs for branches of the same repository only, with actions pinned to a commit", () => {
    assert.deepEqual(Object.keys(workflow.on), ["pull_request"]);
    assert.equal(job.if, "github.event.pull_request.head.repo.full_name == github.repository");
    const local = "./.github/actions/plan";
    for (const { uses } of [...job.steps, ...runs.steps])
      if (uses && uses !== local) assert.match(uses, /@[0-9a-f]{40}$/);
    const given = Object.keys(job.steps.find(({ uses }) => uses === local)?.with ?? {});
    const required = Object.keys(inputs).filter((name) => inputs[name]?.required);
    assert.deepEqual(given, required);
  });

  it("takes what it is given for no part of a script, and names a shell for each", () => {
    assert.equal(runs.using, "composite");
    for (const { run, shell } of runs.steps) {
      assert.equal(shell, run && "bash");
      assert.doesNotMatch(run ?? "", /\$\{\{/);
    }
  });
});
