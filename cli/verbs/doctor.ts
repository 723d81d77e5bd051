import { Exit } from "../../base/errors";
import { colors, json, table } from "../../base/output";
import { examine } from "../../flows/doctor";
import * as texts from "../options";

export const options: texts.OptionsOf<texts.JsonOption> = { json: texts.json };

/** Looks at everything that this machine needs, changes nothing. */
export async function run(options: texts.JsonOption): Promise<void> {
  const checks = await examine();
  const ok = checks.every((check) => check.ok);
  if (options.json) json({ ok, checks });
  else {
    const rows = checks.map((check) => [
      check.ok ? colors.green("ok") : colors.red("missing"),
      check.name,
      check.found,
      "remedy" in check ? (check.remedy ?? "") : "",
    ]);
    process.stdout.write(table(["", "what", "found", "remedy"], rows) + "\n");
  }
  if (!ok) throw new Exit(1);
}
