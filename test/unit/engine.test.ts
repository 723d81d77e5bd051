import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { paths } from "../../base/paths";
import { findEngine } from "../../machine/setup/engine";

describe("the engine that VARVOL_ENGINE names", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"));
  after(() => fs.rmSync(folder, { recursive: true }));
  const at = paths({ XDG_CACHE_HOME: path.join(folder, "cache") });
  const find = (name: string) => findEngine(at, { PATH: "", VARVOL_ENGINE: path.join(folder, name) });
  const put = (where: string, ...names: string[]) => {
    fs.mkdirSync(path.join(folder, where), { recursive: true });
    for (const name of names)
      fs.writeFileSync(path.join(folder, where, name), "#!/bin/sh\necho v3.260.0\n", { mode: 0o755 });
  };
  const all = ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"];

  it("is used before all others, as a release is unpacked and as ours is built", async () => {
    put("release", ...all);
    put("built/bin", ...all);
    put("built/home");
    const [release, built] = [path.join(folder, "release"), path.join(folder, "built")];
    assert.deepEqual(await find("release"), {
      ...{ source: "named", version: "3.260.0", bin: release, home: release },
    });
    assert.deepEqual(await find("built"), {
      ...{ source: "named", version: "3.260.0", bin: `${built}/bin`, home: `${built}/home` },
    });
  });

  it("is not silently another one where it isn't whole", async () => {
    put("half", "pulumi");
    await assert.rejects(find("half"), /half: there is no pulumi-language-nodejs and no pulumi-resource/);
  });
});
