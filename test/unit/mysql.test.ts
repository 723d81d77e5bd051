import assert from "node:assert/strict";
import * as fs from "node:fs";
import { serverEnvironment, serverOptions, STATEMENT } from "../../components/mysql/options";
import { sharesOf, siteConnections } from "../../components/mysql/shares";
import { TIME_LIMITS } from "../../components/timeLimits";
import type { HostProfile } from "../../stacks/hostProfile";
import { local } from "../../stacks/local";
import { prod } from "../../stacks/prod";
import { rpi } from "../../stacks/rpi";

describe("what MariaDB may take, and a site of it", () => {
  const profiles: readonly (readonly [string, HostProfile])[] = [
    ["local", local],
    ["prod", prod],
    ["rpi", rpi],
  ];

  for (const [kind, { limits, bufferPool, phpWorkers }] of profiles)
    describe(kind, () => {
      const shares = sharesOf(limits.mysql, bufferPool);
      const options = new Map(
        serverOptions(bufferPool, shares).map(
          (option) => option.slice(2).split(/=(.*)/s) as [string, string],
        ),
      );
      const MiB = (name: string) => Number(/^(\d+)M$/.exec(options.get(name) ?? "")?.[1]);

      it("is less than its container's memory, which the kernel would end it for", () => {
        assert.ok(shares.data < limits.mysql);
        assert.ok(shares.data > bufferPool + shares.site * 2, "two sites at their share leave it running");
      });

      it("has room for a connection of each thread's stack", () =>
        assert.ok(shares.connections * 0.3 + bufferPool < shares.data));

      it("gives a site enough for two generations of its php, while there are few sites", () => {
        for (const sites of [0, 1, 2, 3]) {
          const each = siteConnections(shares.connections, phpWorkers, sites);
          assert.ok(each >= 2 * phpWorkers + 2);
          assert.ok(each * sites <= shares.connections - 10, `${each} for each of ${sites}`);
        }
      });

      it("lets no site's php reach its share by tables in memory alone", () =>
        assert.ok(phpWorkers * shares.table < shares.site));

      it("lets no session set itself larger tables in memory", () => {
        for (const name of ["max-heap-table-size", "tmp-memory-table-size"]) {
          assert.equal(MiB(name), shares.table);
          assert.equal(MiB(`maximum-${name}`), shares.table);
        }
      });
    });

  it("shrinks a site's connections where there are many, but not below what it needs", () => {
    const each = [1, 5, 10, 20, 50, 100].map((sites) => siteConnections(200, 8, sites));
    assert.deepEqual(each, [28, 28, 19, 18, 18, 18]);
  });

  it("ends no statement that a page still waits for", () => {
    assert.ok(STATEMENT.usual > TIME_LIMITS.request);
    assert.ok(STATEMENT.most > STATEMENT.usual);
  });

  it("is told to the image's scripts by the names that these read", () => {
    const script = fs.readFileSync("images/mariadb/mariadb", "utf8");
    for (const name of Object.keys(serverEnvironment(sharesOf(512, 64))))
      assert.match(script, new RegExp(`\\$\\{?${name}\\b|\\b${name} \\*`), name);
  });
});
