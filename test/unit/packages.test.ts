import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { packagesInstalled } from "../../base/packages.cjs";
import { render } from "../support/mocks";

describe("npm's packages", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"));
  const write = (file: string, packages: object) => {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), JSON.stringify({ packages }));
  };
  const read = <T>(file: string) => JSON.parse(fs.readFileSync(file, "utf8")) as T;
  after(() => fs.rmSync(folder, { recursive: true }));

  it("are there when npm has left the versions of the lock, whoever called it", () => {
    write("package-lock.json", {
      "": { version: "1" },
      "node_modules/a": { version: "1.0.0" },
      "node_modules/b": { version: "2.0.0", dev: true },
      "node_modules/c": { version: "3.0.0", optional: true },
    });
    assert.ok(!packagesInstalled(folder, false), "nothing is installed");
    write("node_modules/.package-lock.json", { "node_modules/a": { version: "1.0.0" } });
    assert.ok(packagesInstalled(folder, false));
    assert.ok(!packagesInstalled(folder, true), "tests need those for development");
    write("node_modules/.package-lock.json", { "node_modules/a": { version: "0.9.0" } });
    assert.ok(!packagesInstalled(folder, false), "an old version");
  });

  it("give the program all types that it is compiled with, without those for development", () => {
    const { compilerOptions } = read<{ compilerOptions: { types: string[] } }>("tsconfig.json");
    const { dependencies } = read<{ dependencies: object }>("package.json");
    assert.deepEqual(
      compilerOptions.types.filter((name) => !(`@types/${name}` in dependencies)),
      [],
    );
  });
});

describe("the program's outputs", () => {
  const program = async (config: object): Promise<Record<string, unknown>> => {
    await render("local", { kind: "local", sites: [], ...config });
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- what the run above has loaded
    return require("../../index") as Record<string, unknown>;
  };

  it("have the backups' password where there are backups, and none without a value", async () => {
    assert.ok("backupPassword" in (await program({ backup: { repository: "/srv/b" } })));
    const without = await program({});
    assert.deepEqual(
      Object.keys(without).filter((key) => without[key] === undefined),
      [],
    );
    assert.ok(!("backupPassword" in without));
  });
});
