import type { VerbOptions } from "../options";
import { json } from "../output";
import { openWorkspace, pulumiEnv } from "../workspace";

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

export async function run(options: VerbOptions): Promise<void> {
  const { engine, paths } = await openWorkspace();
  const env = pulumiEnv(engine, paths);
  if (options.json) return json(env);
  const lines = Object.entries(env).map(([name, value]) => `export ${name}=${quote(value)}\n`);
  process.stdout.write(lines.join(""));
}
