import { json } from "../../base/output";
import { ensureWorkspace, openWorkspace, pulumiEnv } from "../../engine/workspace";
import * as texts from "../options";

export const options: texts.OptionsOf<texts.JsonOption> = { json: texts.json };

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

export async function run(options: texts.JsonOption): Promise<void> {
  const { engine, paths } = await openWorkspace();
  ensureWorkspace(paths);
  const env = pulumiEnv(engine, paths);
  if (options.json) return json(env);
  const lines = Object.entries(env).map(([name, value]) => `export ${name}=${quote(value)}\n`);
  process.stdout.write(lines.join(""));
}
