import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { Exit, UserError } from "../../base/errors";
import { json } from "../../base/output";
import { paths, stacksAmong } from "../../base/paths";
import { lintFile } from "../../engine/lint";
import * as texts from "../options";

export const options: texts.OptionsOf<texts.JsonOption> = { json: texts.json };

/** Checks stack files by what stands in them alone: FILE:LINE:COLUMN of all that is wrong. */
export function run(options: texts.JsonOption, named: readonly string[] = []): Promise<void> {
  const { repo } = paths();
  const own = options.configFile === undefined ? stackFiles(repo) : [options.configFile];
  const files = named.length > 0 ? named : own;
  if (files.length === 0) throw new UserError(`${repo} has no stack files.`, "Name some: varvol lint FILE");
  const checked = files.map((file) => ({ file, findings: lintFile(file) }));
  const ok = checked.every(({ findings }) => findings.length === 0);
  if (options.json) json({ ok, files: checked });
  else
    for (const { file, findings } of checked)
      for (const { line, column, message } of findings)
        process.stdout.write(`${file}:${line}:${column}: ${message}\n`);
  if (!ok) return Promise.reject(new Exit(1));
  if (!options.json) process.stdout.write(`${files.length} stack files are right.\n`);
  return Promise.resolve();
}

function stackFiles(repo: string): string[] {
  return stacksAmong(readdirSync(repo)).map((stack) =>
    relative(process.cwd(), join(repo, `Pulumi.${stack}.yaml`)),
  );
}
