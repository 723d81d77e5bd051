import assert from "node:assert/strict";
import type { PreviewStep } from "../../engine/preview";
import { CONTAINER, type StateResource } from "../../engine/state";
import {
  asBefore,
  failedSites,
  isRenamed,
  leavesAlone,
  partsOf,
  withoutReplacing,
  withPlanned,
} from "../../flows/up/hold";

const COMMAND = "command:local:Command";
const urn = (types: string, name: string) => `urn:pulumi:s::varvol::${types}::${name}`;

/** A site in the state, as an `up` leaves it whose new php has not become healthy: the old one waits for its deletion. */
function stateOf(name: string): StateResource[] {
  const type = "varvol:index:PhpSite";
  const site = urn(type, name);
  const part = (own: string, called: string, more: Partial<StateResource> = {}): StateResource => ({
    urn: urn(`${type}$${own}`, `${name}-${called}`),
    type: own,
    parent: site,
    ...more,
  });
  return [
    { urn: site, type },
    part(CONTAINER, "php", { id: `${name}-php-2` }),
    part(CONTAINER, "web", { id: `${name}-web-1` }),
    part("varvol:index:Vhost", "vhost"),
    part(CONTAINER, "php", { id: `${name}-php-1`, delete: true }),
    part(COMMAND, "php-gate", { id: "gate", inputs: { create: `gate ${name}-php-1` } }),
  ];
}

describe("a site that fails by itself", () => {
  const serves =
    (...ids: string[]) =>
    ({ id = "" }: StateResource) =>
      ids.includes(id);
  const idsOf = (resources: readonly StateResource[] | undefined) =>
    resources
      ?.filter(({ type }) => type === CONTAINER)
      .map(({ id, delete: gone }) => `${id}${gone ? " goes" : ""}`);
  const [one, two] = [stateOf("one"), stateOf("two")];

  it("is known by all that failed, which are its own parts", () => {
    const all = [{ urn: urn("x", "host-tools"), type: COMMAND }, ...one, ...two];
    assert.deepEqual(failedSites(all, ["one-php-gate"], "x-"), ["one"]);
    assert.deepEqual(failedSites(all, ["x-one-snapshot"], "x-"), ["one"]);
    assert.deepEqual(failedSites(all, ["one-php-gate", "two-php", "one-php"], ""), ["one", "two"]);
    for (const failed of [[], ["host-tools"], ["one-php-gate", "host-tools"], ["one-new"], [""]])
      assert.equal(failedSites(all, failed, ""), undefined, failed.join());
    assert.equal(partsOf(all, "one")?.length, one.length);
    const other = { urn: urn("varvol:index:StaticSite", "one"), type: "varvol:index:StaticSite" };
    assert.equal(partsOf([...all, other], "one"), undefined, "of two kinds at once");
  });

  it("is known also by what could not be made, which is in no state", () => {
    const step = ({ urn: of, type, parent }: StateResource): PreviewStep => ({
      ...{ op: "create", urn: of },
      newState: { type, parent, inputs: {}, outputs: {} },
    });
    const [site, ...parts] = two;
    assert.ok(site);
    const steps = [...one, ...two].map(step);
    assert.deepEqual(failedSites(withPlanned([...one, site], steps), ["two-php-gate"], ""), ["two"]);
    assert.deepEqual(failedSites(withPlanned(one, steps), ["two-web", "one-php"], ""), ["two", "one"]);
    assert.equal(failedSites(withPlanned(one, parts.map(step)), ["two-php"], ""), undefined, "nobody's");
    assert.equal(partsOf(withPlanned(one, steps), "one")?.length, one.length);
  });

  it("goes back to what serves, and what took its place goes", () => {
    assert.deepEqual(idsOf(asBefore(one, "one", serves("one-php-1", "one-web-1"))), [
      ...["one-php-2 goes", "one-web-1", "one-php-1"],
    ]);
    const switched = serves("one-php-2", "one-web-1");
    assert.equal(asBefore(one, "one", switched), one, "visitors are with the new one already");
  });

  it("stays as it is where its data has another name by now than what served it knows", () => {
    const owned = (owner: string) =>
      one.map((part) =>
        part.id === "one-php-1"
          ? { ...part, inputs: { labels: [{ label: "varvol.owner", value: owner }] } }
          : part,
      );
    assert.equal(isRenamed(owned("former"), "one"), true);
    assert.equal(isRenamed(owned("one"), "one"), false);
    assert.equal(isRenamed([...owned("former"), ...two], "two"), false);
  });

  it("goes back to a container that nobody visits by what its gate has opened for", () => {
    const back = asBefore(one, "one", serves("one-web-1"));
    assert.deepEqual(idsOf(back), ["one-php-2 goes", "one-web-1", "one-php-1"]);
  });

  it("can't go back where it has never served, or anything else waits for its deletion", () => {
    assert.equal(asBefore(one, "one", serves()), undefined);
    assert.equal(asBefore(one, "three", serves("one-web-1")), undefined);
    const noVhost = one.filter(({ type }) => type !== "varvol:index:Vhost");
    assert.equal(asBefore(noVhost, "one", serves("one-web-1")), undefined);
    const [site] = one;
    const gone = { urn: urn(COMMAND, "one-x"), type: COMMAND, parent: site?.urn, delete: true };
    assert.equal(asBefore([...one, gone], "one", serves("one-web-1")), undefined);
  });

  it("is left alone by what neither changes nor removes anything of it", () => {
    const serving = serves("one-php-1", "one-web-1");
    const before = asBefore(one, "one", serving) ?? [];
    const [site, php] = one;
    const does = (op: string, of = php?.urn ?? "", id = "one-php-2"): PreviewStep => ({
      op,
      urn: of,
      oldState: { type: CONTAINER, id, parent: site?.urn, inputs: {}, outputs: {} },
    });
    const alone = (...steps: PreviewStep[]) => leavesAlone(steps, before, serving, ["one-restore"]);
    assert.ok(alone(does("same"), does("delete-replaced")));
    assert.ok(alone({ ...does("create-replacement", two[1]?.urn), oldState: null }));
    for (const op of ["update", "replace", "create-replacement", "delete"]) assert.ok(!alone(does(op)), op);
    assert.ok(!alone(does("delete-replaced", php?.urn, "one-php-1")), "what serves");
    assert.ok(!alone(does("create", urn("y", "one-new"))), "something new of it");
    assert.ok(!alone({ op: "create", urn: urn("z", "one-restore") }), "its restore");
  });

  it("is not replaced by the next run, and neither is what was", () => {
    const options = ["up", "--replace", "**::ns-one-web", "-v", "--replace", urn(COMMAND, "ns-two-web")];
    assert.deepEqual(
      withoutReplacing(options, (name) => name === "ns-one-web"),
      ["up", "-v", "--replace", urn(COMMAND, "ns-two-web")],
    );
  });
});
