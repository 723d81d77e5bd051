import assert from "node:assert/strict";
import { judgeRoom, reserveOf, type SiteRoom, warned } from "../../agent/room";
import { tableFolder, why } from "../../agent/watchRoom";
import { judgeRoom as judgeStatus } from "../../flows/status/judge";
import { Answers } from "../../flows/status/answers";
import { checkConfig } from "../../stacks/problems";

const GIB = 1024 * 1024;
const MIB = 1024;
const ROOMY = { free: 100 * GIB, reserve: GIB };
const TIGHT = { free: GIB - 1, reserve: GIB };

const site = (name: string, more: Partial<SiteRoom> = {}): SiteRoom => ({
  ...{ name, used: GIB, limit: 0, calm: GIB, state: "free" },
  ...more,
});
const stopped = (...args: Parameters<typeof judgeRoom>) =>
  [...judgeRoom(...args)].filter(([, state]) => state !== "free").map(([name, state]) => `${name} ${state}`);

describe("the room that sites take of a disk", () => {
  it("stops nobody while there is enough, and nobody has a limit", () => {
    assert.deepEqual(stopped([site("a", { used: 90 * GIB }), site("b")], ROOMY), []);
    assert.deepEqual(stopped([], TIGHT), []);
  });

  it("stops who is above a limit of its own, and lets it write again below that", () => {
    const at = (used: number, state: SiteRoom["state"] = "free") =>
      stopped([site("a", { used, limit: 100 * MIB, state })], ROOMY);
    assert.deepEqual(at(100 * MIB), []);
    assert.deepEqual(at(100 * MIB + 1), ["a above"]);
    assert.deepEqual(at(100 * MIB, "above"), ["a above"], "not by a byte less");
    assert.deepEqual(at(94 * MIB, "above"), []);
  });

  it("stops who has taken the disk's last room, and not who merely has much", () => {
    const sites = [
      site("archive", { used: 80 * GIB, calm: 80 * GIB }),
      site("runaway", { used: 6 * GIB }),
      site("blog", { used: GIB + 5 * MIB }),
    ];
    assert.deepEqual(stopped(sites, TIGHT), ["runaway grown"]);
    assert.deepEqual(stopped(sites, { ...TIGHT, free: 0 }), ["runaway grown"]);
  });

  it("stops nobody for what others than sites have filled", () => {
    assert.deepEqual(stopped([site("a"), site("b", { used: GIB / 2 })], TIGHT), []);
  });

  it("keeps stopped who has grown until there is a fifth more than the reserve", () => {
    const grown = [site("a", { used: 5 * GIB, state: "grown" })];
    assert.deepEqual(stopped(grown, { free: 1.1 * GIB, reserve: GIB }), ["a grown"]);
    assert.deepEqual(stopped(grown, { free: 1.2 * GIB, reserve: GIB }), []);
  });

  it("stops every one of two that grow alike", () => {
    const sites = [site("a", { used: 3 * GIB }), site("b", { used: 3 * GIB })];
    assert.deepEqual(stopped(sites, TIGHT), ["a grown", "b grown"]);
  });

  it("reserves a twentieth, neither all of a small card nor much of a large disk", () => {
    assert.deepEqual(
      [GIB, 8 * GIB, 32 * GIB, 4096 * GIB].map((size) => Math.round(reserveOf(size) / MIB)),
      [128, 410, 1638, 2048],
    );
  });

  it("warns at 80 and 90 of a hundred", () => {
    const limit = 1000;
    assert.deepEqual(
      [799, 800, 899, 900, 1001].map((used) => warned({ used, limit })),
      [0, 8, 8, 9, 9],
    );
    assert.equal(warned({ used: 1e9, limit: 0 }), 0);
  });

  it("is said by the site's status, with how much it is", () => {
    const status = (one: SiteRoom) =>
      judgeStatus(new Answers(`room\ta\t1\t1\t1\t${one.state}\t${why(one, TIGHT)}`).room("a"));
    assert.deepEqual(status(site("a")), []);
    assert.deepEqual(status(site("a", { used: 850 * MIB, limit: 1000 * MIB })), [
      { word: "nearly full", text: 'it takes 850 MiB of the 1000 MiB that "disk" allows' },
    ]);
    const [above] = status(site("a", { used: 1001 * MIB, limit: 1000 * MIB, state: "above" }));
    assert.equal(above?.word, "can't write");
    assert.match(above?.text ?? "", /1001 MiB of the 1000 MiB/);
    const [grown] = status(site("a", { used: 6 * GIB, state: "grown" }));
    assert.match(grown?.text ?? "", /only 1024 MiB of the disk are free, and it has grown by 5120 MiB/);
    assert.deepEqual(judgeStatus(new Answers("").room("a")), []);
  });

  it("is looked at by the agent, without which a limit is refused", () => {
    const sites = [{ name: "a", kind: "static", domains: ["a.example"], disk: 500 }];
    assert.throws(
      () => checkConfig("local", { kind: "local", sites }),
      /sites\[0\]\.disk: nobody would look/,
    );
    const backup = { repository: "/srv/backups" };
    assert.equal(checkConfig("local", { kind: "local", sites, backup }).sites[0]?.disk, 500);
  });

  it("finds a database's folder by MariaDB's own spelling", () =>
    assert.equal(tableFolder("shop-2-x"), "shop@002d2@002dx"));
});
