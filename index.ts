import * as pulumi from "@pulumi/pulumi";
import {
  Agent,
  Gateway,
  Host,
  Mail,
  Mysql,
  Networks,
  Notify,
  PublicCertificates,
  Repository,
  Schedule,
  Services,
  Tunnel,
  Valkey,
} from "./components";
import { restoreAfter } from "./stacks/events";
import { publicCertificates } from "./stacks/certificates";
import { takeOver } from "./stacks/formerly";
import { heldSites, hold, withoutLeftOut } from "./stacks/held";
import { imagesInUse } from "./stacks/images";
import { hasDatabase } from "./stacks/kinds";
import { needsAgent, needsMysql } from "./stacks/modules";
import { notifyPlan } from "./stacks/notify";
import { keepsObjects } from "./stacks/objectCache";
import { publishedAt, serversOf } from "./stacks/reach";
import { readConfig } from "./stacks/readConfig";
import { agentSchedule } from "./stacks/schedule";
import { createSite } from "./stacks/sites";
import { statusPageVhost } from "./stacks/statusPage";

// The SDK takes a stack trace for each property of each resource: at ten frames, a tenth of the time of an `up`.
Error.stackTraceLimit = 4;

const config = readConfig();
const { limits } = config;

const host = new Host("host", config);
const networks = new Networks("networks", {
  host,
  published: publishedAt(config),
  forges: serversOf(config),
  mail: config.mail !== undefined,
});
const gateway = new Gateway("gateway", {
  ...config,
  host,
  networks,
  workers: config.gatewayWorkers,
  memory: limits.gateway,
});
const mysql = needsMysql(config)
  ? new Mysql("mysql", {
      ...config,
      host,
      networks,
      memory: limits.mysql,
      databases: config.sites.filter(hasDatabase).length,
    })
  : undefined;

const mail = config.mail && new Mail("mail", { ...config.mail, host, networks, memory: limits.mail });

const keepers = config.sites.filter(keepsObjects).map(({ name }) => name);
const valkey =
  keepers.length > 0 ? new Valkey("valkey", { host, sites: keepers, objects: config.objects }) : undefined;

const repository =
  config.backup &&
  new Repository("backup", {
    host,
    location: config.backup.repository,
    credentials: config.backup.credentials,
  });

takeOver(config.sites, { host, mysql });
const held = heldSites();
hold(held, host.namespace);
// A new site that can't be brought up keeps no other one back.
const served = withoutLeftOut(config);
const sites = served.sites.map((site) => ({
  ...site,
  built: createSite(site, served, { host, networks, gateway, mysql, mail, valkey, repository }),
}));
const page = config.statusPage && statusPageVhost(gateway, config.statusPage);
gateway.route([
  // What the program would write of a site that is held is not what is there.
  ...sites.map(({ name, built: { vhost } }) =>
    held.has(name) ? { name, hash: vhost.hash, written: pulumi.output([]) } : vhost,
  ),
  ...(page ? [page] : []),
]);
for (const { built, ...site } of sites) restoreAfter(site, { host, repository }, [gateway, built]);

// A site is backed up once it is there.
const there = [gateway, ...sites.map(({ built }) => built)];
const tunnel =
  config.tunnel &&
  config.ssh &&
  new Tunnel("tunnel", { ...config.tunnel, host, endpoint: config.ssh.address });
new Services("services", { host, sites: served.sites, mysql: mysql !== undefined }, { dependsOn: there });
const schedule =
  repository &&
  new Schedule("backup", { host, ...agentSchedule(served) }, { dependsOn: [repository, ...there] });
if (needsAgent(config)) {
  // The authority asks for a site's proof at its route.
  new PublicCertificates("certificates", { host, ...publicCertificates(served) }, { dependsOn: there });
  const notify = new Notify("notify", { host, ...notifyPlan(served) }, { dependsOn: there });
  new Agent("agent", { host }, { dependsOn: [...(schedule ? [schedule] : []), notify] });
}

/** What `varvol status` lists: each site's kind, addresses and data. */
const listed = sites.map(({ name, kind, domains }) => ({
  name,
  kind,
  urls: (["http", "https"] as const).map((scheme) => gateway.url(domains[0] ?? name, scheme)),
  domains,
  data: host.folder(name),
}));

const secrets = pulumi.secret(
  Object.fromEntries(sites.map(({ name, built }) => [name, built.secrets ?? {}])),
);

/** The stack's outputs; one without a value would be warned of at every run. */
export = {
  sites: listed,
  secrets,
  /** What opens the backups: `varvol recovery-kit` prints it. */
  ...(repository && { backupPassword: pulumi.secret(repository.password) }),
  /** What the DNS must say below the domains that mail is from: `varvol mail` prints it. */
  ...(mail && { mailRecord: mail.record }),
  /** What the control node is given for the tunnel: `varvol wireguard` prints it. */
  ...(tunnel && { tunnel: tunnel.control }),
  /** What is in each image, for a plan to tell what an upgrade changes. */
  images: imagesInUse(config),
  certificateAuthority: gateway.authority.certificate,
};
