import { existsSync } from "node:fs";
import { UserError } from "../../base/errors";
import { json, say, step } from "../../base/output";
import { bytes } from "../../base/words";
import { lookAtHost } from "../../engine/hostFacts";
import { openStack, type StackChoice } from "../../engine/stack";
import { exportDatabase, importDatabase } from "../../flows/daily/database";
import { onTerminal, siteNamed } from "../../flows/daily/inside";
import { forgetObjects } from "../../flows/daily/objects";
import { sql, toolCommand } from "../../machine/tools";
import type { HostConfig } from "../../stacks/config";
import { hasDatabase, type SiteConfig } from "../../stacks/kinds";
import { keepsObjects } from "../../stacks/objectCache";
import { confirm } from "../confirm";
import * as texts from "../options";

interface Options extends StackChoice {
  readonly export?: string;
  readonly import?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export const options: texts.OptionsOf<Options> = {
  export: [
    "--export <file>",
    "write the whole database to a file of this machine (.sql or .sql.gz; - for here)",
  ],
  import: [
    "--import <file>",
    "put a dump in the place of what the database holds, with the checks of an import; what was there is kept",
  ],
  yes: texts.yes,
  json: ["--json", "print JSON, of --import and --export"],
};

/** Opens the client of a site's database; or writes it to a file, or fills it from one. */
export async function run(options: Options, [name = "", ...words]: readonly string[] = []): Promise<void> {
  const { config } = await openStack(options);
  const site = siteNamed(config, name);
  if (!hasDatabase(site)) throw new UserError(`${name} is a ${site.kind} site without a database.`);
  if (options.export !== undefined && options.import !== undefined)
    throw new UserError("--export and --import are two things.", "Leave one out.");
  if (options.export !== undefined) return written(config, site, options.export, options);
  if (options.import !== undefined) return filled(config, site, options.import, options);
  const args = { mysql: `${config.namespace}mysql`, site: name, options: words };
  process.exitCode = await onTerminal(config, () => toolCommand(config.volumeRoot, sql, args));
  // WordPress knows nothing of what was changed there.
  if (keepsObjects(site)) await forgetObjects(config, site);
}

async function written(config: HostConfig, site: SiteConfig, file: string, options: Options): Promise<void> {
  if (file === "-") {
    await exportDatabase(config, site, undefined);
    return;
  }
  if (existsSync(file)) await confirm(options, `${file} is there already. Replace it?`);
  const size = await step(
    `Export of ${site.name}`,
    () => exportDatabase(config, site, file),
    (count) => `${bytes(count)} of SQL`,
  );
  if (options.json) json({ site: site.name, file, bytes: size });
}

async function filled(config: HostConfig, site: SiteConfig, file: string, options: Options): Promise<void> {
  if (!existsSync(file)) throw new UserError(`${file}: there is no such file`);
  const { routed } = await lookAtHost(config);
  if (!routed.has(site.name))
    throw new UserError(`${site.name} is not deployed yet.`, "Run `npx varvol up` first.");
  await confirm(
    options,
    `Put ${file} in the place of all that the database ${site.name} holds? The site is away for some seconds.`,
  );
  const { kept, away, leftOut } = await importDatabase(config, site, file);
  if (options.json) return json({ site: site.name, kept, away, ...(leftOut && { leftOut }) });
  if (leftOut) say(`Left out, as no site may do that: ${leftOut.first.join(", ")}`);
  process.stdout.write(
    `${site.name} has the database of ${file}; it was away for ${away} s.\nWhat it had before is ${kept} on the host; npx varvol sql ${site.name} --import takes a copy of that, too.\n`,
  );
}
