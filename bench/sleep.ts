import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freshPage, type Page, p99 } from "../test/support/busySite";
import { asleep, burst, memoryOf, wakes } from "../test/support/sleep";
import type { TestHost } from "../test/support/testHost";
import { atLeast, atMost, type Figure, median, shown } from "./figure";

const SLEEPS = 30;
const MIB = 1024 * 1024;

/** What a sleep costs and saves, beside a WordPress whose php is always there. */
export async function sleepFigures(host: TestHost): Promise<Figure[]> {
  const code = path.join(host.folder, "code");
  fs.mkdirSync(code);
  fs.writeFileSync(path.join(code, "index.php"), "<?php usleep(20000); echo 'hello';");
  const onDemand = { idle: "1s" };
  host.configure([
    { name: "blog", kind: "wordpress", domains: ["blog.localhost"], onDemand },
    { name: "always", kind: "wordpress", domains: ["always.localhost"], onDemand: false },
    { name: "app", kind: "php", domains: ["app.localhost"], import: { content: code }, onDemand },
  ]);
  await host.up();

  const after: Page[] = [];
  const always: Page[] = [];
  for (let i = 0; i < SLEEPS; i++) {
    await asleep(host, "blog");
    after.push(await freshPage(host, "blog.localhost"));
    always.push(await freshPage(host, "always.localhost"));
  }
  await asleep(host, "blog", "app");
  const memory = [await memoryOf(host, "blog"), await memoryOf(host, "always")];

  const before = await wakes(host, "app");
  const atOnce = await burst(host, "app.localhost", 50);
  const once = (await wakes(host, "app")) - before;
  const around: string[] = [];
  for (let i = 0; i < 20; i++) {
    around.push(...(await burst(host, "app.localhost", 25)));
    await pause(600 + ((i * 370) % 1700));
  }
  const sleeps = (await wakes(host, "app")) - before - once;
  return [
    shown("first page of a WordPress after a sleep, median", median(after.map(({ took }) => took)), "ms"),
    atMost("the same, p99", p99(after), 1200, "ms"),
    shown("that page where php is always there, p99", p99(always), "ms"),
    atMost("pages that failed", after.filter(({ status }) => status !== 200).length, 0),
    atMost("memory of a sleeping WordPress's php container", (memory[0] ?? 0) / MIB, 8, "MiB"),
    shown("the same of one that is always there, idle", (memory[1] ?? 0) / MIB, "MiB"),
    atMost("50 requests at once to a sleeping site: failed", atOnce.length, 0),
    atMost("the same: wakes", once, 1),
    atMost("500 requests around the moment of sleep: failed", around.length, 0),
    atLeast("the same: sleeps meanwhile", sleeps, 3),
  ];
}
