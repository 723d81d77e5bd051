import { resolve } from "node:path";
import { isMap, parseDocument } from "yaml";
import { UserError } from "../../base/errors";
import { parseLogin } from "../../machine/login";

/** The machine that a lost host is brought back on: this one, or what a stack file has as varvol:host. */
export type Target =
  | "here"
  | {
      readonly address: string;
      readonly user: string;
      readonly port: number;
      readonly hostKey: string;
      readonly privateKeyFile: string;
    };

/** The options that name the machine. */
export interface TargetOptions {
  readonly to?: string;
  readonly hostKey?: string;
  readonly key?: string;
  readonly keepConfig?: boolean;
}

/** What --to and its companions say; undefined where the stack file decides. Throws where they contradict each other. */
export function readTarget({ to, hostKey, key, keepConfig }: TargetOptions): Target | undefined {
  const companions = [hostKey && "--host-key", key && "--key"].filter(Boolean).join(" and ");
  if (to === undefined || to === "here") {
    if (companions) throw new UserError(`${companions}: of which machine? Say --to user@address, too.`);
  }
  if (to === undefined) return undefined;
  if (keepConfig)
    throw new UserError(
      "--to and --keep-config contradict each other: one puts the machine into the backup's stack file, the other does not use that.",
      "Say --to alone; or put varvol:host into the stack file that is here and say --keep-config.",
    );
  if (to === "here") return "here";
  const login = parseLogin(to);
  if (!login)
    throw new UserError(`--to ${to}: is neither user@address, user@address:port nor here; correct it`);
  const { user, address, port } = login;
  if (!hostKey || !key)
    throw new UserError(
      `--to ${to}: ${!hostKey ? "--host-key" : "--key"} is missing`,
      !hostKey
        ? `Compare what \`ssh-keyscan -t ed25519${port === 22 ? "" : ` -p ${port}`} ${address}\` prints with what the machine itself has, and give it without the address: --host-key "ssh-ed25519 …"`
        : "The file of the private key that logs in: --key ~/.ssh/id_ed25519",
    );
  return { address, user, port, hostKey: hostKey.trim(), privateKeyFile: resolve(key) };
}

/** A stack file for another machine, with all else as it was, comments too; and what else had to go for that. */
export function retarget(
  stackFile: string,
  target: Target,
  absent: readonly string[] = [],
): { text: string; notes: string[] } {
  const document = parseDocument(stackFile);
  const host = ["config", "varvol:host"];
  const notes: string[] = [];
  if (target === "here") {
    if (document.deleteIn(host)) notes.push("varvol:host is left out: the host is this machine now.");
  } else if (isMap(document.getIn(host))) {
    for (const [key, value] of Object.entries(target)) document.setIn([...host, key], value);
  } else {
    document.setIn(host, document.createNode(target));
  }
  if (absent.length > 0) {
    document.deleteIn(["config", "varvol:gateway", "addresses"]);
    notes.push(
      `varvol:gateway.addresses is left out: the machine does not have ${absent.join(", ")}. Put its own there, if it is not to listen on all.`,
    );
  }
  return { text: document.toString({ lineWidth: 0 }), notes };
}

/** A stack file that names the file with what the repository's server asks for where that lies now. */
export function withCredentials(stackFile: string, file: string): string {
  const document = parseDocument(stackFile);
  document.setIn(["config", "varvol:backup", "credentials"], file);
  return document.toString({ lineWidth: 0 });
}

/** Which of the addresses to listen on a machine lacks that has others. Those for all or for itself, every one has. */
export function absentAddresses(wanted: readonly string[], present: readonly string[]): string[] {
  return wanted.filter((one) => !/^(0\.0\.0\.0|::|::1|127\..*)$/.test(one) && !present.includes(one));
}
