import { type Entry, type Message, messageSchema, type Request } from "../../agent/protocol";
import { UserError } from "../../base/errors";
import { lastLines, type RunOptions } from "../../base/exec";
import { onHost } from "../../machine/host";
import { agent, toolCommand, toolWords } from "../../machine/tools";
import type { BackupConfig, HostConfig } from "../../stacks/config";
import { archiveOf, throughArchive } from "./archive";
import { type ResticSnapshot, type Run, runsOf } from "./runs";

/** A host's backup settings. Throws where it has none. */
export function backupOf(config: HostConfig): BackupConfig {
  if (config.backup) return config.backup;
  throw new UserError(
    `${config.stack} has no backups.`,
    "Put varvol:backup: { repository: … } into the stack file and run: npx varvol up",
  );
}

/** Jobs that need no repository: it is not given out for them. */
const ALONE: readonly Request["job"][] = [
  "ask",
  "renew",
  "notify-test",
  "certificate-files",
  "certificates-back",
  "replace",
  "sync",
];

/** What a job is given beside the request, and who hears what it says meanwhile. */
export interface Asking {
  /** The agent's image. Defaults to the one that the host's backups were set up with. */
  readonly image?: string;
  /** A file of the host that the job reads. */
  readonly source?: string;
  /** What follows the request. */
  readonly input?: string;
  readonly onMessage?: (message: Message) => void;
}

/** Has the host's agent do a job, as root, and gives what it said; its errors are told in its own words. */
export async function askAgent(
  config: HostConfig,
  request: Request,
  { image, source, input = "", onMessage }: Asking = {},
): Promise<Message[]> {
  const said: Message[] = [];
  const options: RunOptions = {
    input: agent.input(request) + input,
    onLine: (line) => {
      const message = readMessage(line);
      if (!message || message.type === "alive") return;
      said.push(message);
      onMessage?.(message);
    },
  };
  const args = { job: request.job, namespace: config.namespace, image, source };
  const archive = ALONE.includes(request.job) ? undefined : archiveOf(config);
  const result = archive
    ? await throughArchive(config, archive, toolWords(agent, args), options)
    : await onHost(config, toolCommand(config.volumeRoot, agent, args), options);
  if (result.code === 0) return said;
  const why = lastLines(result.stderr);
  if (/: (not found|No such file|command not found)|there is no such command/.test(`${why}${result.reason}`))
    throw new UserError("Backups are not set up on this host yet.", "Run: npx varvol up");
  throw new UserError(why || `${request.job} ended with code ${result.code}`);
}

/** Whether a backup or drill has its time on the host. */
export async function somethingIsDue(config: HostConfig): Promise<boolean> {
  return (await askAgent(config, { job: "ask" })).length > 0;
}

/** What a job said of one type; throws where it did not say it. */
export function answer<Type extends Message["type"]>(
  said: readonly Message[],
  type: Type,
): Extract<Message, { type: Type }> {
  const found = said.find((message): message is Extract<Message, { type: Type }> => message.type === type);
  if (found) return found;
  throw new UserError(`The agent ended without saying what came of it (${type}).`);
}

/** A line of the agent's; undefined for one of another program. */
export function readMessage(line: string): Message | undefined {
  if (!line.startsWith('{"type":')) return undefined;
  return messageSchema.parse(JSON.parse(line));
}

/** Everything in the repository, the newest first. */
export async function listRuns(config: HostConfig): Promise<Run[]> {
  const { json } = answer(await askAgent(config, { job: "snapshots" }), "snapshots");
  return runsOf(JSON.parse(json) as ResticSnapshot[]);
}

/** What a run has at a path of a site's volume; throws where there is no such one. */
export async function entriesIn(
  config: HostConfig,
  site: string,
  run: string,
  path: string,
): Promise<Entry[]> {
  const said = await askAgent(config, { job: "list", site, run, path });
  const found = said.flatMap((message) => (message.type === "listed" ? message.entries : []));
  if (found.length > 0) return found.filter((one) => one.path !== path || one.type !== "dir");
  throw new UserError(`The snapshot ${run} has no ${path || "files"}.`);
}
