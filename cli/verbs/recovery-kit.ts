import { json } from "../../base/output";
import { openStack } from "../../engine/stack";
import { repositoryPassword } from "../../flows/backup/archive";
import { backupOf } from "../../flows/backup/repository";
import * as texts from "../options";

export const options: texts.OptionsOf<texts.JsonOption> = { json: texts.json };

/** Prints the one page to keep on paper: what opens the backups, and how to come back from nothing. */
export async function run(options: texts.JsonOption): Promise<void> {
  const stack = await openStack(options);
  const { repository } = backupOf(stack.config);
  const password = await repositoryPassword(stack);
  if (options.json) return json({ stack: stack.name, repository, password });
  process.stdout.write(`Recovery kit of the host ${stack.name}, ${new Date().toISOString().slice(0, 10)}

Keep this page on paper, away from the host. Whoever has it and the repository can read everything.

  Repository  ${repository}
  Password    ${password}

Should this machine be lost, on another one with a checkout of this project and a copy of the repository:

  1. npm start           installs what is needed (Ctrl-C once it brings up the host)
  2. npx varvol host-restore -s ${stack.name} --repository ${repository} --password-file FILE
     FILE has the password above. It brings back stack file, secrets, sites and their data.

Single files, without Varvol (Debian: apt-get install restic):

  restic -r ${repository} snapshots
  restic -r ${repository} restore ID --target FOLDER
`);
}
