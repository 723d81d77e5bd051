import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { lintFile } from "../../engine/lint";

describe("lint", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"));
  after(() => fs.rmSync(folder, { recursive: true }));
  const lint = (...lines: string[]) => {
    const file = path.join(folder, "Pulumi.x.yaml");
    fs.writeFileSync(file, `${lines.join("\n")}\n`);
    return lintFile(file).map(({ line, column, message }) => `${line}:${column}: ${message}`);
  };
  const site = ["  varvol:sites:", "    - name: hello", "      kind: static"];

  it("finds nothing in the project's own stack files", () => {
    for (const file of ["Pulumi.local.yaml", "Pulumi.prod.yaml", "Pulumi.rpi.yaml"])
      assert.deepEqual(lintFile(file), [], file);
  });

  it("says line and column of a value, of a key, and of what is missing", () => {
    const found = lint("# ours", "config:", "  varvol:kind: locl", ...site, "      domain: [a.org]");
    assert.match(found[0] ?? "", /^3:3: varvol:kind: "locl" must be .* Did you mean local\?$/);
    assert.match(found[1] ?? "", /^5:7: varvol:sites\[0\]\.domains: is missing/);
    assert.match(found[2] ?? "", /^7:7: varvol:sites\[0\]\.domain: is not a key/);
    assert.equal(found.length, 3);
  });

  it("says what only the whole file shows, through aliases and in JSON", () => {
    const twice = lint(
      ...["config:", "  varvol:kind: local", "  varvol:sites:"],
      ...["    - &one { name: a, kind: static, domains: [a.org] }", "    - { <<: *one, name: b }"],
    );
    assert.match(twice[0] ?? "", /^5:\d+: varvol:sites\[1\]\.domains\[0\]: "a\.org" is taken by/);
    const json = lint("config:", "  varvol:kind: local", '  varvol:sites: "[{\\"name\\": \\"a\\"}]"');
    assert.match(json[0] ?? "", /^3:3: varvol:sites\[0\]\.kind/);
  });

  it("leaves what is encrypted to the engine, and checks all else", () => {
    const secret = "      tls: { secure: v1:abc }";
    assert.deepEqual(lint("config:", "  varvol:kind: local", ...site, "      domains: [a.org]", secret), []);
  });

  it("says where a file is no YAML, or not there", () => {
    assert.match(
      lint("config:", "  varvol:kind: local", "  varvol:kind: prod")[0] ?? "",
      /^3:3: Map keys must be unique/,
    );
    assert.deepEqual(lintFile(path.join(folder, "none.yaml")), [
      { line: 1, column: 1, message: "there is no such file" },
    ]);
  });
});
