import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../components";
import { agentJob } from "../components/agent/job";
import { imageOn } from "../components/image";
import { dueSince, formerPartName } from "./formerNames";
import { ownership } from "./ownership";
import { hasDatabase, imagesOf, type SiteConfig, subjectOf } from "./kinds";

/** What renames stand on. */
interface Modules {
  readonly host: Host;
  /** There when a site needs it. */
  readonly mysql?: pulumi.Resource;
}

type Renamed = SiteConfig & { readonly formerly: string };

/**
 * Has sites that had another name take over what that one has: in the state, so that passwords and salts stay, and on the
 * host, before anything of theirs is made there.
 */
export function takeOver(sites: readonly SiteConfig[], { host, mysql }: Modules): void {
  const renamed = sites.filter(isRenamed);
  if (renamed.length === 0) return;
  const renames = new Map(renamed.map((site) => [site.name, { site, done: rename(site, { host, mysql }) }]));
  const ownerOf = ownership(renames.keys(), host.namespace);
  pulumi.runtime.registerStackTransformation((args) => {
    const found = renames.get(ownerOf(args) ?? "");
    if (!found) return undefined;
    const { type, name, props, opts } = args;
    const { site, done } = found;
    const former = formerPartName(name, site, host.namespace);
    return {
      props,
      opts: pulumi.mergeOptions(opts, {
        ...(former !== undefined && { aliases: [{ name: former }] }),
        ...(!TYPES_ASIDE.test(type) && { dependsOn: [done] }),
      }),
    };
  });
}

/** Components, and what is in the state alone: nothing of these is on the host. */
const TYPES_ASIDE = /^(varvol|random|tls):/;

function isRenamed(site: SiteConfig): site is Renamed {
  return site.formerly !== undefined;
}

/** Renames a site's data on the host. What takes long comes before: PHP is away from here on until its new generation is there. */
function rename(site: Renamed, { host, mysql }: Modules): pulumi.Resource {
  const images = [...imagesOf(site), ...(site.image ? [{ pinned: site.image }] : [])];
  const request = {
    ...{ job: "rename" as const, stack: pulumi.getStack(), namespace: host.namespace },
    ...{ site: subjectOf(site), formerly: site.formerly },
  };
  const dependsOn = [
    ...images.map((image) => imageOn(host, image, site.name).present),
    ...(mysql && hasDatabase(site) ? [mysql] : []),
  ];
  const again = dueSince(site.name);
  return agentJob(
    `${host.scoped(site.name)}-rename`,
    "rename",
    { host, request, again },
    // There and back and there again is the same wish to the state, of which one that failed half is still there.
    { dependsOn, ...(again === undefined && { ignoreChanges: ["triggers"] }) },
  );
}
