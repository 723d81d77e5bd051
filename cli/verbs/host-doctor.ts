import { Exit, UserError } from "../../base/errors";
import { json, step } from "../../base/output";
import { openStack } from "../../engine/stack";
import { examineHost } from "../../flows/hosts/prepare";
import { checkTunnel } from "../../flows/hosts/tunnel";
import { publicKeyOf } from "../../machine/hostKey";
import { hostTableOf } from "../hostChecks";
import * as texts from "../options";

export const options: texts.OptionsOf<texts.JsonOption> = { json: texts.json };

/** Looks at all that host-init gives a machine, changes nothing; ends with 1 where something is lacking. */
export async function run(options: texts.JsonOption): Promise<void> {
  const { config, name } = await openStack(options);
  const { ssh, http, https } = config;
  if (!ssh)
    throw new UserError(
      `${name} is this machine.`,
      "npx varvol doctor looks at it. host-doctor is for a machine over ssh (varvol:host).",
    );
  const publicKey = await publicKeyOf(ssh.privateKeyFile);
  const args = { ssh, user: ssh.user, publicKey, web: [http, https] };
  const checks = await step("Looking at the machine", async () => [
    ...(await examineHost(args)),
    ...(await checkTunnel(config)),
  ]);
  const ok = checks.every((check) => check.ok);
  if (options.json) json({ ok, checks });
  else process.stdout.write(`${hostTableOf(checks)}\n`);
  if (!ok) throw new Exit(1);
}
