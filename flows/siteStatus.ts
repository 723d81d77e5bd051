import { ASLEEP_ANSWERS } from "../agent/notify/ask";
import type { Facts } from "../agent/page/facts";
import { age } from "../base/words";
import type { Stack } from "../engine/stack";
import { askHost } from "../machine/scripts";
import type { HostConfig } from "../stacks/config";
import { shapeOf, type SiteConfig } from "../stacks/kinds";
import { lockDays, OLD_LOCK } from "../stacks/lockAge";
import { sendsMail } from "../stacks/mail";
import { modulesOf } from "../stacks/modules";
import { scheduleOf } from "../stacks/schedule";
import { type BackupHealth, judgeBackups, readResults } from "./backup/results";
import { type Renewal, renewalOf } from "./certificates/certificates";
import { Answers, type Disk } from "./status/answers";
import { askStatus } from "./status/ask";
import {
  type ContainerStatus,
  type GitStatus,
  judgeContainers,
  judgeDatabase,
  judgeDisk,
  judgeGit,
  judgeMail,
  judgeHook,
  judgePages,
  judgeRoom,
  judgeSleep,
  parseGit,
  type Problem,
  strangers,
} from "./status/judge";

interface PartStatus {
  readonly name: string;
  /** ok; stopped on purpose; or in a word or two the first thing that is wrong: not deployed, down, error NNN, php missing … */
  readonly state: string;
  /** All that is wrong, in sentences. */
  readonly problems: readonly string[];
  readonly containers: readonly ContainerStatus[];
  /** What is worth knowing, and no fault. */
  readonly notes?: readonly string[];
  /** Undefined where there are no backups of it. */
  readonly backup?: BackupHealth;
}

/** The gateway, MySQL, the agent. */
export type ModuleStatus = PartStatus;

export interface SiteStatus extends PartStatus {
  readonly kind: string;
  readonly urls: readonly string[];
  readonly domains: readonly string[];
  readonly data: string;
  /** Whether its php sleeps, as nobody needs it. */
  readonly asleep?: boolean;
  readonly git?: GitStatus;
  /** Of a public authority, once it was asked. */
  readonly certificate?: Renewal;
}

export interface HostStatus {
  readonly state: string;
  readonly problems: readonly string[];
  readonly notes: readonly string[];
  readonly disks: readonly Disk[];
  /** Days since the locked versions of packages were last the newest. */
  readonly lockDays?: number;
}

export interface Status {
  /** Whether all is well. */
  readonly ok: boolean;
  readonly host: HostStatus;
  readonly modules: readonly ModuleStatus[];
  readonly sites: readonly SiteStatus[];
  /** What the status page says, where there is one. */
  readonly watched?: Facts;
}

/** Asks the host how it and its sites are. */
export async function statusOf({ config }: Pick<Stack, "config">): Promise<Status> {
  const [answers, results] = await Promise.all([
    askStatus(config),
    config.backup ? askHost(config, "results", [config.volumeRoot]) : "",
  ]);
  return readStatus(config, new Answers(answers), results);
}

/** What a host's answers, and the results of its backups, mean. */
export function readStatus(config: HostConfig, answers: Answers, results = ""): Status {
  const modules = moduleStatuses(config, answers);
  const sites = config.sites.map((site) => siteStatus(config, site, answers, results));
  const host = hostStatus(config, answers);
  const ok = host.state === "ok" && [...modules, ...sites].every(isWell);
  const watched = config.statusPage && answers.watched;
  return { ok, host, modules, sites, ...(watched && { watched }) };
}

/** Whether nothing is wrong with a site or module. */
export function isWell({ state, backup }: PartStatus): boolean {
  return (state === "ok" || state === STOPPED) && (backup?.good ?? true);
}

/** The state of what somebody has stopped, and that is well so. */
export const STOPPED = "stopped on purpose";

/** What is to be said of what was stopped on purpose, in place of what else would be wrong with it. */
function stopped(
  containers: readonly ContainerStatus[],
  at: number,
  now: Date,
): Pick<PartStatus, "state" | "problems" | "containers" | "notes"> {
  const running = containers.filter(({ state }) => state === "running" || state === "restarting");
  return {
    ...(running.length > 0
      ? stated(
          running.map(({ name }) => ({
            word: "still runs",
            text: `${name} runs, although it was stopped on purpose: run up`,
          })),
        )
      : { state: STOPPED, problems: [] }),
    containers: containers.map((one) => ({ ...one, problems: [], notes: [] })),
    notes: [
      `stopped on purpose, ${age(now.getTime() / 1000 - at)} ago; it is started again by: npx varvol up --start`,
    ],
  };
}

const NO_MAIL = "mail is off: what sites would send is refused, and stands in their logs; see docs/mail.md";

function hostStatus(config: HostConfig, answers: Answers): HostStatus {
  const { dockerProblem, disks, open } = answers;
  const known = new Set([...config.sites, ...modulesOf(config)].map(({ name }) => name));
  const days = lockDays(config, answers.now);
  return {
    ...stated([
      ...(dockerProblem === undefined
        ? []
        : [{ word: "no docker", text: `docker does not answer: ${dockerProblem}` }]),
      ...open.map((text) => ({ word: "network open", text })),
      ...disks.flatMap(judgeDisk),
      ...judgeHook(config.notify !== undefined, answers.hook),
    ]),
    notes: [
      ...strangers(answers, known),
      ...(config.mail || !config.sites.some(sendsMail) ? [] : [NO_MAIL]),
      ...(days !== undefined && days > OLD_LOCK ? [oldLock(days)] : []),
    ],
    disks,
    ...(days !== undefined && { lockDays: days }),
  };
}

function oldLock(days: number): string {
  return `the packages in the images are those of ${days} days ago: npx varvol upgrade --check says what that leaves open`;
}

function moduleStatuses(config: HostConfig, answers: Answers): ModuleStatus[] {
  return modulesOf(config).map(({ name, containers: expected }) => {
    const found = answers.containers.filter(({ owner }) => owner === name);
    const roles = expected.map(({ role }) => role);
    const { containers, problems } = judgeContainers(roles, found, answers.now);
    const off = answers.off.get(name);
    if (off !== undefined) return { name, ...stopped(containers, off, answers.now) };
    const mail = name === "mail" ? judgeMail(answers) : { problems: [], notes: [] };
    return {
      name,
      ...stated(found.length === 0 ? notDeployed(problems) : [...problems, ...mail.problems]),
      containers,
      ...(mail.notes.length > 0 && { notes: mail.notes }),
    };
  });
}

function siteStatus(config: HostConfig, site: SiteConfig, answers: Answers, results: string): SiteStatus {
  const { name, kind, domains } = site;
  const { now } = answers;
  const { containers: expected, health, status } = shapeOf(site);
  const found = answers.containers.filter(({ owner }) => owner === name);
  const roles = expected.map(({ role }) => role);
  const { containers, problems } = judgeContainers(roles, found, now);
  const git = status && parseGit(answers.file(status.role, name));
  const every = ("git" in site && site.git?.every) || 0;
  const php = found.filter(({ role, state }) => role === "php" && state === "running");
  const renewed = config.tls[name] === "acme" ? answers.certificate(name) : undefined;
  const sleep = answers.sleep(name);
  // Then its nginx was asked for what it never serves.
  const well = sleep === "asleep" ? ASLEEP_ANSWERS : health.answers;
  const all = [
    ...judgeSleep(sleep),
    ...judgePages(answers.page("page", name), answers.page("further", name), well, now, renewed),
    ...problems,
    ...judgeDatabase(answers.database(name), php, now),
    ...judgeGit(git, every, now),
    ...judgeRoom(answers.room(name)),
  ];
  const off = answers.off.get(name);
  return {
    name,
    kind,
    urls: (["http", "https"] as const).map((scheme) => address(scheme, domains[0] ?? name, config[scheme])),
    domains,
    ...stated(found.length === 0 ? notDeployed(all) : all),
    data: `${config.volumeRoot}/${name}`,
    containers,
    ...(off !== undefined && stopped(containers, off, now)),
    ...(sleep === "asleep" && { asleep: true }),
    ...(git && { git }),
    ...(renewed && { certificate: renewalOf(renewed) }),
    ...(config.backup && {
      backup: judgeBackups(scheduleOf(config.backup, site), readResults(results, name), new Date()),
    }),
  };
}

function notDeployed(problems: readonly Problem[]): Problem[] {
  return problems.map(({ text }) => ({ word: "not deployed", text }));
}

function stated(problems: readonly Problem[]): { state: string; problems: string[] } {
  return { state: problems[0]?.word ?? "ok", problems: problems.map(({ text }) => text) };
}

function address(scheme: "http" | "https", domain: string, port: number): string {
  return `${scheme}://${domain}${port === (scheme === "http" ? 80 : 443) ? "" : `:${port}`}`;
}
