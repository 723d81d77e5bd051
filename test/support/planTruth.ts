import assert from "node:assert/strict";
import { type Plan, planSchema } from "../../flows/plan/schema";
import type { TestHost } from "./testHost";

/** The plan as the command line prints it; fails where it ends with anything but 0. */
export async function planOf(host: TestHost): Promise<Plan> {
  const { code, stdout, stderr } = await host.varvol("plan", "--json");
  assert.equal(code, 0, stdout + stderr);
  return planSchema.parse(JSON.parse(stdout));
}

/** Plans, brings the host up, and fails unless every container met the fate that the plan told. Gives the fates. */
export async function upAsPlanned(
  host: TestHost,
  containers = () => host.containers(),
): Promise<Map<string, string>> {
  const plan = await planOf(host);
  const before = await containers();
  await host.up();
  const after = await containers();
  const told = new Map(plan.containers.map(({ name, action }): [string, string] => [name, action]));
  assert.equal(told.size, plan.containers.length, "the plan names no container twice");
  assert.deepEqual(new Map([...told].sort()), fates(before, after));
  return told;
}

/** What became of each container, by their ids. */
function fates(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Map<string, string> {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return new Map(
    names.map((name): [string, string] => {
      const [old, now] = [before.get(name), after.get(name)];
      return [name, old === now ? "keep" : !old ? "create" : !now ? "delete" : "replace"];
    }),
  );
}

/** Fails unless the plan of an unchanged host is empty, and `up` keeps every container, also when it looks at the host. */
export async function nothingChanges(host: TestHost): Promise<void> {
  const before = await host.containers();
  const { containers, routes } = await planOf(host);
  for (const { name, action, why } of containers) assert.deepEqual([name, action, why], [name, "keep", []]);
  for (const { site, action } of routes) assert.deepEqual([site, action], [site, "keep"]);
  assert.match(await host.up(), /Nothing changed/);
  assert.deepEqual(await host.containers(), before);
  const refreshed = await host.pulumi("up", "--refresh", "--yes", "--skip-preview");
  assert.equal(refreshed.code, 0, refreshed.stdout + refreshed.stderr);
  assert.deepEqual(await host.containers(), before);
}
