import { UserError } from "../../base/errors";
import { lastLines } from "../../base/exec";
import { archiveLocation } from "../../components/backup/archive";
import { onHost } from "../../machine/host";
import { installScript } from "../../machine/hostTools";
import { agent, toolCommand, toolWords } from "../../machine/tools";
import type { HostConfig } from "../../stacks/config";
import { archiveOf, throughArchive } from "../backup/archive";
import { backupImage } from "../backup/image";

/** A repository of which nothing is known but where it is and what opens it. */
export interface Opened {
  readonly repository: string;
  readonly password: string;
  /** What the repository's server asks for: lines NAME=VALUE. */
  readonly credentials?: string;
}

/** Puts the tools under a volume root of a machine where nothing was ever deployed, and opens the repository there. */
export async function openRepository(
  config: HostConfig,
  { repository, password, credentials = "" }: Opened,
): Promise<void> {
  const image = await backupImage(config);
  const { volumeRoot, stack, namespace } = config;
  const installed = await onHost(config, ["sh"], { input: installScript(volumeRoot) });
  if (installed.code !== 0) throw new UserError(lastLines(installed.stderr));
  const archive = archiveOf(config);
  const place = archive ? archiveLocation(repository) : repository;
  const args = { job: "repository", namespace, image } as const;
  const input = agent.input({
    ...{ job: "repository", stack, namespace, image, location: place, existing: true, password, credentials },
  });
  const opened = archive
    ? await throughArchive(config, archive, toolWords(agent, args), { input })
    : await onHost(config, toolCommand(volumeRoot, agent, args), { input });
  if (opened.code !== 0) throw new UserError(lastLines(opened.stderr));
}
