import { parseDocument, stringify } from "yaml";
import { UserError } from "../../base/errors";
import type { SshArgs } from "../../machine/ssh";

const HEAD = `# yaml-language-server: $schema=schema/stack.schema.json
# A host reached over ssh. Put your sites here; see docs/configuration.md.
`;

/** A stack file for a host that has none. */
export function newStackFile(ssh: SshArgs): string {
  return HEAD + stringify({ config: { "varvol:kind": "prod", "varvol:host": ssh, "varvol:sites": [] } });
}

/** Refuses a stack file that is another machine's. */
export function refuseOther(file: string, text: string, { address, port, hostKey }: SshArgs): void {
  const host: unknown = parseDocument(text).toJS()?.config?.["varvol:host"];
  const { address: theirs, hostKey: key } = Object(host) as Partial<SshArgs>;
  if (theirs === undefined)
    throw new UserError(`${file} is there, and of no host over ssh.`, "Choose another --name.");
  if (theirs !== address || key !== hostKey)
    throw new UserError(
      `${file} is there, and of ${theirs === address ? `${address}:${port} with another key` : theirs}.`,
      "Choose another --name; or, where the machine is a new one in its place, put its address and key there.",
    );
}
