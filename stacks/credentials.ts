import * as fs from "node:fs";
import * as path from "node:path";

const FILE = /^SFTP_PRIVATE_KEY_FILE=(["']?)(.+)\1$/m;

/**
 * What a repository's server asks for, from a file with lines NAME=VALUE. The private key of an sftp server goes along
 * in place of its file's name. Throws where a file can't be read, or an sftp server's keys are missing.
 */
export function readCredentials(repository: string, file: string | undefined): string | undefined {
  const text = file === undefined ? undefined : read("varvol:backup.credentials", file);
  if (!repository.startsWith("sftp:")) return text;
  const [, , keyFile] = FILE.exec(text ?? "") ?? [];
  const lacking = [
    ...(keyFile === undefined ? ["SFTP_PRIVATE_KEY_FILE=…"] : []),
    ...(/^SFTP_HOST_KEY=.*(ssh-|ecdsa-)/m.test(text ?? "") ? [] : ["SFTP_HOST_KEY='ssh-ed25519 …'"]),
  ];
  if (keyFile === undefined || text === undefined || lacking.length > 0)
    throw new Error(
      `varvol:backup.credentials: ${file ?? "is missing: a file"} ${file ? "has no" : "with"} ${lacking.join(" and ")}, which ${repository} needs: the private key that logs in, and the server's public key as ssh-keyscan prints it`,
    );
  const key = read("SFTP_PRIVATE_KEY_FILE", path.resolve(path.dirname(file ?? ""), keyFile));
  return text.replace(FILE, `SFTP_PRIVATE_KEY=${Buffer.from(key).toString("base64")}`);
}

function read(key: string, file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`${key}: ${file} can't be read (${(error as Error).message}); correct the path`);
  }
}
