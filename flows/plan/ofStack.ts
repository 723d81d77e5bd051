import { UserError } from "../../base/errors";
import { lastLines } from "../../base/exec";
import { lookingAhead } from "../../engine/newStack";
import { type Preview, previewSchema } from "../../engine/preview";
import { diagnosticsOf } from "../../engine/pulumiOutput";
import type { Stack } from "../../engine/stack";
import { imagesInUse } from "../../stacks/images";
import { hasDatabase } from "../../stacks/kinds";
import { scheduleOf } from "../../stacks/schedule";
import { lookAtRepositories } from "../git/check";
import { preflight } from "../preflight";
import { settingAside } from "../up/hold";
import { missing } from "../up/missing";
import { stoppedSites } from "../up/stopped";
import { rememberedBy } from "./facts";
import { makePlan } from "./plan";
import type { Plan } from "./schema";

/** The plan of what `up` would do now. */
export async function planOf(stack: Stack): Promise<Plan> {
  const { config } = stack;
  const facts = await preflight(config);
  await lookAtRepositories(config, facts);
  const gone = missing(config, facts);
  const held = stoppedSites(config, facts).filter((name) => facts.routed.has(name));
  const [preview, host] = await Promise.all([
    lookingAhead(stack, facts.running, (ahead) => previewOf(ahead, gone.length > 0, held)),
    rememberedBy(config),
  ]);
  return makePlan(
    preview,
    {
      stack: stack.name,
      volumeRoot: config.volumeRoot,
      sites: config.sites.map((site) => ({
        ...{ name: site.name, domains: site.domains, database: hasDatabase(site) },
        ...(site.formerly !== undefined && { formerly: site.formerly }),
        scheduled: config.backup !== undefined && scheduleOf(config.backup, site).every > 0,
      })),
      backups: config.backup !== undefined,
      missing: gone,
      images: imagesInUse(config),
      host,
      dumpAge: facts.dumpAge,
    },
    config.policiesOff,
  );
}

// It looks at the host first exactly where `up` does. Secrets are masked by the engine itself.
async function previewOf(stack: Stack, refresh: boolean, held: readonly string[]): Promise<Preview> {
  const flags = ["--json", "--show-sames", "--show-replacement-steps", ...(refresh ? ["--refresh"] : [])];
  const env = {
    ...stack.workspace.env,
    ...(held.length > 0 && settingAside({ held, leftOut: [] })),
    PULUMI_ENABLE_STREAMING_JSON_PREVIEW: undefined,
  };
  const result = await stack.pulumi(["preview", ...flags], { env });
  const text = result.stdout.slice(Math.max(0, result.stdout.indexOf("{")));
  if (result.code !== 0)
    throw new UserError(`The preview failed:\n${problemsIn(text) ?? diagnosticsOf(result.stderr)}`);
  try {
    return previewSchema.parse(JSON.parse(text));
  } catch {
    throw new UserError(`The engine's preview can't be read: ${lastLines(text, 3)}`);
  }
}

function problemsIn(text: string): string | undefined {
  try {
    const { diagnostics = [] } = JSON.parse(text) as {
      diagnostics?: { message?: string; severity?: string }[];
    };
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    return errors.map(({ message = "" }) => message.trimEnd()).join("\n") || undefined;
  } catch {
    return undefined;
  }
}
