import { refuseUnknown } from "../../base/nearest";
import { colors, json, step, table } from "../../base/output";
import { openStack } from "../../engine/stack";
import { type Certificate, certificatesOf, renewNow } from "../../flows/certificates/certificates";
import * as texts from "../options";

interface Options extends texts.JsonOption {
  readonly renew?: boolean;
}

export const options: texts.OptionsOf<Options> = {
  renew: ["--renew", "ask the public authority first: for the sites named, or for those that are due"],
  json: texts.json,
};

/** Lists the certificates of all sites, or of those named; ends with 1 where one could not be had. */
export async function run(options: Options, names: readonly string[] = []): Promise<void> {
  const { config } = await openStack(options);
  refuseUnknown(
    names,
    config.sites.map(({ name }) => name),
    `site of ${config.stack}`,
  );
  if (options.renew) await step("Certificates", () => renewNow(config, names));
  const all = await certificatesOf(config);
  const chosen = all.filter(({ site }) => names.length === 0 || names.includes(site));
  if (options.json) json(chosen);
  else print(chosen);
  if (chosen.some(({ error }) => error !== undefined)) process.exitCode = 1;
}

const HEAD = ["Site", "Names", "From", "Ends (UTC)", "To be renewed", "Last try", "Next try"];

function print(certificates: readonly Certificate[]): void {
  const rows = certificates.map((one) => [
    ...[one.site, one.names.join("\n"), one.issuer ?? SOURCES[one.from], shown(one.until)],
    one.window ? `${shown(one.window.from)}\n${shown(one.window.until)}` : "",
    ...[one.lastTry, one.nextTry].map(shown),
  ]);
  process.stdout.write(`${table(HEAD, rows)}\n`);
  for (const { site, error } of certificates)
    if (error !== undefined) process.stdout.write(`${colors.red(`${site}: ${error}`)}\n`);
}

const SOURCES = {
  acme: "a public authority, which has given none yet",
  own: "the host's own authority",
  given: "the stack file",
};

function shown(moment: string | undefined): string {
  return moment?.slice(0, 16).replace("T", " ") ?? "";
}
