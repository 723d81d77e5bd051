import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isMap, parseDocument } from "yaml";
import { UserError } from "../../base/errors";
import { lastLines } from "../../base/exec";
import { lookAtHost } from "../../engine/hostFacts";
import type { Stack } from "../../engine/stack";
import { editableSites } from "../../engine/stackFile";
import { onHost } from "../../machine/host";
import { askHost } from "../../machine/scripts";
import { purge, toolCommand } from "../../machine/tools";
import { bringUp } from "../up/up";

/**
 * Takes away all that an import made of a site, so that it can be begun anew: its database, while there is still a server to
 * ask, its containers, and its files. The stack file stays as it is. Nothing is taken of a site that was ever proven.
 */
export async function takeOut(stack: Stack, name: string): Promise<void> {
  const { config } = stack;
  await askHost(config, "drop-import", [config.volumeRoot, name, `${config.namespace}mysql`]);
  // The engine goes by the ending.
  const draft = join(dirname(stack.file), `.without-${name}.${basename(stack.file)}`);
  writeFileSync(draft, textWithout(stack.file, name), { mode: 0o600 });
  try {
    await bringUp({ stack: stack.name, configFile: draft });
  } finally {
    rmSync(draft, { force: true });
  }
  const { volumes } = await lookAtHost(config);
  if (!volumes.includes(name)) return;
  const args = { name, label: `varvol/${stack.name}`, mysql: `${config.namespace}mysql` };
  const result = await onHost(config, toolCommand(config.volumeRoot, purge, args));
  if (result.code !== 0) throw new UserError(lastLines(result.stderr));
}

/** A stack file's text without a site. */
export function textWithout(file: string, name: string): string {
  const document = parseDocument(readFileSync(file, "utf8"));
  const sites = editableSites(document, file);
  if (sites) sites.items = sites.items.filter((item) => !isMap(item) || item.get("name") !== name);
  return document.toString({ lineWidth: 0 });
}
