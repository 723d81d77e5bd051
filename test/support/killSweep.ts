import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { attempt } from "../../base/exec";
import { type EndState, endStateOf } from "./endState";
import { type KillPoint, processesOf, randomFrom, type Run, runAndKill } from "./interrupt";
import { Load } from "./load";
import type { TestHost } from "./testHost";
import { until } from "./until";

type Sites = readonly Record<string, unknown>[];

interface Operation {
  readonly name: string;
  readonly sites: Sites;
  readonly args: readonly string[];
}

interface Reference {
  readonly state: EndState;
  readonly run: Run;
}

export interface SweepArgs {
  readonly host: TestHost;
  /** Sites beside the static ones, given the memory limit that the upgrade changes. */
  readonly more?: (memory: number) => Sites;
  readonly seed: number;
}

/**
 * A host's life (first up, a site more, an upgrade, the site less, destroy), again and again, with each command killed
 * at a random point and then run again. It must come to what an uninterrupted life comes to.
 */
export class KillSweep {
  private readonly random: () => number;
  private readonly references = new Map<string, Reference>();
  readonly operations: readonly Operation[];

  constructor(private readonly args: SweepArgs) {
    this.random = randomFrom(args.seed);
    const { host, more = () => [] } = args;
    for (const site of ["hello", "added"]) {
      fs.mkdirSync(path.join(host.folder, site));
      fs.writeFileSync(path.join(host.folder, site, "index.html"), `<h1>${site}</h1>`);
    }
    const page = (name: string, memory: number) => ({
      name,
      kind: "static",
      domains: [`${name}.localhost`],
      import: path.join(host.folder, name),
      memory,
    });
    const before = (memory: number) => [page("hello", memory), ...more(memory)];
    const up = ["up"];
    this.operations = [
      { name: "first up", sites: before(64), args: up },
      { name: "adding a site", sites: [...before(64), page("added", 64)], args: up },
      { name: "upgrading", sites: [...before(80), page("added", 64)], args: up },
      { name: "removing a site", sites: before(80), args: up },
      { name: "destroy", sites: before(80), args: ["destroy", "--yes"] },
    ];
  }

  /** The uninterrupted life that all others are compared with. */
  async measure(): Promise<void> {
    await this.live(async (operation) => {
      const run = await runAndKill(this.args.host, operation.args);
      assert.equal(run.code, 0, `${operation.name}:\n${run.output}`);
      const state = await endStateOf(this.args.host);
      assert.deepEqual(state.litter, []);
      this.references.set(operation.name, { state, run });
    });
  }

  /** A life in which each command is killed once. */
  async kill(): Promise<void> {
    const { host } = this.args;
    await this.live(async (operation) => {
      const reference = this.references.get(operation.name);
      assert.ok(reference, "measured before");
      const point = this.choose(reference.run);
      const killed = await runAndKill(host, operation.args, point);
      const what = `${operation.name}, killed ${describe(point)}`;
      const again = await host.varvol(...operation.args);
      const said = `${what}:\n${killed.output}\n--- again:\n${again.stdout}\n${again.stderr}`;
      assert.equal(again.code, 0, said);
      await until("the end of every process", async () => processesOf(host).length === 0, 30);
      const state = await endStateOf(host);
      try {
        assert.deepEqual(state, reference.state);
      } catch (error) {
        throw new Error(`${said}\n${(error as Error).message}`, { cause: error });
      }
      console.log(
        `      ${what}${killed.code === undefined ? "" : ` (had ended with ${killed.code})`}: converged`,
      );
    });
  }

  private choose({ writes, milliseconds }: Run): KillPoint {
    const tools = this.random() < 0.7;
    // Most points are spread over the engine's steps; some over the time, so that what is before and after counts.
    return this.random() < 0.25
      ? { writes: 0, delay: Math.round(this.random() * 0.8 * milliseconds), tools }
      : { writes: 1 + Math.floor(this.random() * writes), delay: Math.round(this.random() * 150), tools };
  }

  private async live(each: (operation: Operation) => Promise<void>): Promise<void> {
    const { host } = this.args;
    // Also what an earlier life left that did not come to its end.
    const containers = [...(await host.containers()).values()];
    if (containers.length > 0) await attempt(["docker", "rm", "-fv", ...containers]);
    await attempt([
      "docker",
      "network",
      "rm",
      `${host.namespace}intercontainer`,
      `${host.namespace}database`,
      `${host.namespace}abroad`,
    ]);
    for (const what of [host.root, path.join(host.folder, "state"), host.configFile])
      fs.rmSync(what, { recursive: true, force: true });
    fs.mkdirSync(path.join(host.folder, "state"));
    let load: Load | undefined;
    try {
      for (const operation of this.operations) {
        if (operation.name === "destroy") await this.endLoad(load);
        host.configure(operation.sites);
        await each(operation);
        load ??= this.startLoad();
      }
    } finally {
      await load?.stop();
    }
  }

  private startLoad(): Load {
    const shots = [{ domain: "hello.localhost", path: (n: number) => `/?n=${n}` }];
    return new Load({ port: this.args.host.http, rate: 50, shots });
  }

  private async endLoad(load: Load | undefined): Promise<void> {
    if (!load) return;
    const { failures, sent } = await load.stop();
    assert.deepEqual(failures.slice(0, 20), [], `${failures.length} of ${sent} failed`);
    assert.ok(sent > 50);
  }
}

function describe({ writes, delay, tools }: KillPoint): string {
  return `${delay} ms after ${writes === 0 ? "its start" : `write ${writes} of the state`}${tools ? "" : ", without the tools on the host"}`;
}
