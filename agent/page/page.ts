import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Answer } from "../notify/ask";
import { faultOf } from "../notify/ask";
import { root } from "../place";
import type { Notify } from "../protocol";
import { zoneEnv } from "../schedule";
import { containersBySite, factsOf } from "./facts";
import { History, type Look } from "./history";
import { pageOf, type Zone } from "./html";

/** What the gateway serves under the page's domain, whichever generation of it runs. */
const FOLDER = path.join(root, "gateway", "conf", "status");
/** Looks from one question for the containers to the next. */
const SELDOM = 5;

/** Writes the status page after each look: files alone, so that it is there while all else is away. */
export class StatusPage {
  private readonly history = new History();
  private containers = new Map<string, string[]>();
  private looks = 0;

  async update(plan: Notify, answers: ReadonlyMap<string, Answer> | undefined): Promise<void> {
    if (this.looks++ % SELDOM === 0) this.containers = await containersBySite(plan);
    if (answers)
      this.history.add(
        plan.sites.map(({ name }) => name),
        looksOf(plan, answers),
        Date.now(),
      );
    const facts = factsOf(plan, answers, this.history, this.containers);
    fs.mkdirSync(FOLDER, { recursive: true, mode: 0o755 });
    put("status.json", `${JSON.stringify(facts)}\n`);
    put("index.html", pageOf(facts, zoneHere()));
  }
}

/** How long each site took to answer well; one that says it is closed says nothing of that. */
function looksOf(plan: Notify, answers: ReadonlyMap<string, Answer>): Look[] {
  return plan.sites.flatMap(({ name, answers: well }): Look[] => {
    const answer = answers.get(name);
    const fault = faultOf(answer, new RegExp(well));
    if (fault === undefined) return [];
    return [{ name, ...(fault === "" && answer && { seconds: answer.seconds }) }];
  });
}

/** All at once, for whoever reads it just then. The gateway is not root. */
function put(name: string, text: string): void {
  const temporary = path.join(FOLDER, `.${name}`);
  fs.writeFileSync(temporary, text, { mode: 0o644 });
  fs.chmodSync(temporary, 0o644);
  fs.renameSync(temporary, path.join(FOLDER, name));
}

function zoneHere(): Zone {
  const said = execFileSync("date", ["+%:z %Z"], { env: zoneEnv(), encoding: "utf8" }).trim();
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)/.exec(said) ?? [];
  return { minutes: (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)), name: said };
}
