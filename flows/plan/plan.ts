import { type Preview, resourceChanges } from "../../engine/preview";
import { planAddresses } from "./addresses";
import {
  planCertificates,
  planDatabases,
  planEvents,
  planNetworks,
  planRenames,
  planRoutes,
  planVolumes,
  rootSoFar,
} from "./beside";
import { planContainers } from "./containers";
import type { PlanFacts } from "./facts";
import { imagesSoFar } from "./images";
import { judge } from "./policies";
import type { Plan } from "./schema";

/** What `up` will do and what that interrupts, from the engine's preview and what is known of the host. */
export function makePlan(preview: Preview, facts: PlanFacts, off: readonly string[] = []): Plan {
  const outputs =
    preview.steps.find(({ urn }) => urn.includes("::pulumi:pulumi:Stack::"))?.oldState?.outputs ?? {};
  const changes = resourceChanges(preview);
  const containers = planContainers(changes, facts, { ...imagesSoFar(outputs), ...facts.images });
  const count = (action: string) => containers.filter((one) => one.action === action).length;
  return {
    version: 1,
    stack: facts.stack,
    summary: {
      keep: count("keep"),
      create: count("create"),
      replace: count("replace"),
      delete: count("delete"),
    },
    containers,
    renames: planRenames(outputs, facts),
    routes: planRoutes(outputs, facts),
    addresses: planAddresses(changes, facts),
    volumes: planVolumes(changes, facts),
    databases: planDatabases(changes),
    certificates: planCertificates(changes),
    networks: planNetworks(changes),
    events: planEvents(changes, containers),
    policies: {
      verdicts: judge({ changes, containers, facts, rootSoFar: rootSoFar(outputs) }, off),
      off: [...off],
    },
  };
}
