import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { attempt } from "../../base/exec";
import { scriptFile, SCRIPTS } from "../../machine/scripts";
import { lintShell, shellTools } from "../support/shell";

describe("the check of shell tools", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"));
  after(() => fs.rmSync(folder, { recursive: true }));
  const tool = (name: string, text: string) => {
    fs.writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };

  it("looks at tools of the host, of images and of the toolchain, with or without an ending", () => {
    const tools = shellTools();
    for (const file of [
      "host/lib.sh",
      "host/volume",
      "machine/scripts/look.sh",
      "images/web/web",
      "images/agent/of-size",
    ])
      assert.ok(tools.includes(file), file);
    assert.ok(tools.includes("toolchain/build.sh") && tools.includes("flows/import/there.sh"));
    assert.ok(!tools.includes("images/git/gitconfig"));
  });

  it("looks at each script that is sent to a host", () => {
    const files = fs.readdirSync("machine/scripts").sort();
    assert.deepEqual(files, SCRIPTS.map((name) => `${name}.sh`).sort());
    const tools = shellTools();
    for (const name of SCRIPTS) assert.ok(tools.includes(path.relative(".", scriptFile(name))), name);
  });

  it("fails on a fault in a tool, and in what it reads in", async function () {
    if ((await attempt(["shellcheck", "--version"])).code !== 0) this.skip();
    const good = '#!/bin/sh\nset -eu\n. "$(dirname "$0")/lib.sh"\nsay "$1"\n';
    tool("lib.sh", '# shellcheck shell=sh\nsay() { echo "$1"; }\n');
    assert.equal(await lintShell([tool("good", good)]), "");
    assert.match(await lintShell([tool("bad", good.replace('say "$1"', "rm -rf $1/"))]), /SC2086/);
    tool("lib.sh", "# shellcheck shell=sh\nsay() { echo $1; }\n");
    assert.match(await lintShell([path.join(folder, "good")]), /lib\.sh:2.*SC2086/);
  });

  it("fails on what Debian's shell can't read", async () => {
    assert.match(await lintShell([tool("cut", "#!/bin/sh\nif true; then\n")]), /cut: 3: Syntax error/);
    assert.match(await lintShell([tool("list", "#!/bin/sh\na=(1 2)\n")]), /list: 2: Syntax error/);
  });
});
