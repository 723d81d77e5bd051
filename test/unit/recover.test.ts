import assert from "node:assert/strict";
import { type Found, type FoundContainer, leftoversOf, settled } from "../../engine/recover/leftovers";
import { isLeftOver } from "../../engine/recover/locks";
import { stillRuns } from "../../engine/recover/process";
import { CONTAINER, type Deployment, NETWORK, parseCheckpoint, type StateResource } from "../../engine/state";

const time = "2026-05-01T10:00:00Z";
const resource = (type: string, name: string, id?: string, more: object = {}): StateResource => ({
  urn: `urn:pulumi:prod::varvol::varvol:index:Site$${type}::${name}`,
  type,
  id,
  ...more,
});
const container = (id: string, name: string, more: Partial<FoundContainer> = {}): FoundContainer => ({
  id,
  name: `${name}-${id}`,
  running: true,
  created: time,
  resource: name,
  ...more,
});
const state = (resources: StateResource[], creating: StateResource[] = []): Deployment => ({
  manifest: { time },
  resources,
  pending_operations: creating.map((one) => ({ resource: one, type: "creating" })),
});
const found = (containers: FoundContainer[], more: Partial<Found> = {}): Found => ({
  containers,
  networks: [],
  serving: [],
  ...more,
});

describe("what a run that was cut off left", () => {
  const known = resource(CONTAINER, "blog-web", "a1");

  it("is nothing when the state knows every container", () => {
    const old = resource(CONTAINER, "blog-web", "a0", { delete: true });
    const left = leftoversOf(
      state([known, old]),
      found([container("a1", "blog-web"), container("a0", "blog-web")]),
    );
    assert.deepEqual(left, { containers: [], networks: [], adopted: [], pending: 0, unknown: [] });
  });

  it("is a second container of a resource that has one", () => {
    const orphan = container("a2", "blog-web");
    const left = leftoversOf(state([known]), found([container("a1", "blog-web"), orphan]));
    assert.deepEqual(left.containers, [orphan]);
  });

  it("is the container that the state has as being created", () => {
    const orphan = container("b1", "mysql-server", { running: false });
    const left = leftoversOf(state([known], [resource(CONTAINER, "mysql-server")]), found([orphan]));
    assert.deepEqual(left.containers, [orphan]);
    assert.equal(left.pending, 1);
  });

  it("is never what serves, nor what the state knows nothing of", () => {
    const serving = container("a2", "blog-web");
    const strange = container("c1", "shop-web");
    const left = leftoversOf(
      state([known]),
      found([container("a1", "blog-web"), serving, strange], { serving: ["blog-web-a2"] }),
    );
    assert.deepEqual(left.containers, []);
    assert.deepEqual(left.unknown, [serving, strange]);
  });

  it("knows a php container that serves by its socket's id", () => {
    const id = "0123456789abcdef";
    const left = leftoversOf(
      state([resource(CONTAINER, "blog-php", "gone")]),
      found([container(id, "blog-php")], { serving: ["0123456789ab"] }),
    );
    assert.deepEqual(
      left.adopted.map((one) => one.id),
      [id],
    );
  });

  it("is adopted where the state knows only a container that is gone: the one that serves, else the youngest", () => {
    const older = container("a2", "blog-web");
    const newer = container("a3", "blog-web", { created: "2026-05-02T10:00:00Z" });
    const youngest = leftoversOf(state([known]), found([older, newer]));
    assert.deepEqual(youngest.adopted, [{ urn: known.urn, id: "a3" }]);
    assert.deepEqual(youngest.containers, [older]);
    const serving = leftoversOf(state([known]), found([older, newer], { serving: ["blog-web-a2"] }));
    assert.deepEqual(serving.adopted, [{ urn: known.urn, id: "a2" }]);
    assert.deepEqual(serving.containers, [newer]);
    assert.equal(settled(state([known]), serving).resources?.[0]?.id, "a2");
  });

  it("is a network that nothing is on; one with containers takes the place of one that is gone", () => {
    const network = resource(NETWORK, "intercontainer", "n1");
    const networks = [
      { id: "n2", name: "intercontainer", attached: 3 },
      { id: "n3", name: "intercontainer", attached: 0 },
    ];
    const left = leftoversOf(state([network]), found([], { networks }));
    assert.deepEqual(
      left.networks.map(({ id }) => id),
      ["n3"],
    );
    assert.deepEqual(left.adopted, [{ urn: network.urn, id: "n2" }]);
  });

  it("leaves nothing pending in the state", () => {
    const begun = state([known], [known]);
    assert.deepEqual(
      settled(begun, leftoversOf(begun, found([container("a1", "blog-web")]))).pending_operations,
      [],
    );
  });
});

describe("a lock", () => {
  const lock = { pid: 42, username: "root", hostname: "here", timestamp: time };
  const started = Date.parse(time) - 5000;

  it("holds while the engine that wrote it runs", () => {
    assert.equal(
      isLeftOver(lock, "here", () => ({ command: "pulumi up", started })),
      false,
    );
  });

  it("is left over when that process is gone, or its id is another process's by now", () => {
    assert.equal(
      isLeftOver(lock, "here", () => undefined),
      true,
    );
    assert.equal(
      isLeftOver(lock, "here", () => ({ command: "sshd", started })),
      true,
    );
    assert.equal(
      isLeftOver(lock, "here", () => ({ command: "pulumi up -s other", started: started + 3_600_000 })),
      true,
    );
  });

  it("of another machine is never broken", () => {
    assert.equal(
      isLeftOver(lock, "there", () => undefined),
      false,
    );
  });

  it("holds where the system says nothing about the process but that it is there", () => {
    assert.equal(
      isLeftOver(lock, "here", () => ({ command: "" })),
      false,
    );
  });
});

describe("a process", () => {
  it("that runs is found by id, time and program", () => {
    assert.equal(stillRuns({ pid: process.pid, time: Date.now(), program: /node|mocha/ }), true);
    assert.equal(
      stillRuns({ pid: process.pid, time: 0, program: /node|mocha/ }),
      process.platform !== "linux",
    );
    assert.equal(stillRuns({ pid: 0, time: Date.now(), program: /./ }), false);
  });
});

describe("a state file", () => {
  it("that is cut off, empty or something else can't be used", () => {
    const whole = JSON.stringify({
      version: 3,
      checkpoint: { stack: "organization/varvol/prod", latest: state([]) },
    });
    assert.ok(parseCheckpoint(whole));
    assert.equal(parseCheckpoint(whole.slice(0, whole.length / 2)), undefined);
    assert.equal(parseCheckpoint(""), undefined);
    assert.equal(parseCheckpoint("{}"), undefined);
  });
});
