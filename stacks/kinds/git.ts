import { z } from "zod";
import { holdsPassword, hostOf, knownName, wayOf } from "../../components/sites/repositoryAddress";
import { repositoryOf } from "../files";
import { duration } from "../values";
import type { Problem, StatusFile } from "./kind";

const KNOWN_HOST = /^(?:\S+ )?(?:ssh-ed25519|ecdsa-sha2-\S+|ssh-rsa|sk-ssh-\S+) [A-Za-z0-9+/=]+(?: .*)?$/;

/** The key of a site that is pulled from a repository. */
export const git = z.strictObject({
  url: z
    .string()
    .min(1)
    .refine((url) => !holdsPassword(url), {
      error:
        "holds a password, which each look at the container would show; write the address without it, and put the password or token into git.token, encrypted: pulumi config set --secret --path 'varvol:sites[N].git.token'",
    })
    .refine((url) => !/^-|[\s\p{Cc}]/u.test(url) || wayOf(url) === "path", {
      error: "is no address of a repository; it has a space or begins with a dash",
    })
    .describe("https://, http://, ssh:// or git:// address, or the path of a repository on this machine."),
  branch: z
    .string()
    .min(1)
    .optional()
    .describe("Branch or tag to serve. Default: the branch that the repository's HEAD leads to."),
  folder: z
    .string()
    .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$)).*$/, "must be a folder inside the repository")
    .default("")
    .describe("Folder inside the repository to serve. Default: all of it."),
  every: duration.default(600).describe("How often to pull, e.g. 10m. Default: 10m."),
  token: z
    .string()
    .regex(/^[\x21-\x7e]{1,1000}$/, "must be a word without spaces")
    .optional()
    .describe(
      "Token or password for an https:// address, encrypted by `pulumi config set --secret`. Default: none. Its user is the one in the address, or any.",
    ),
  hook: z
    .boolean()
    .default(false)
    .describe(
      "Whether it has a secret address that a forge calls to have it pulled at once; `varvol secret` prints it. Default: false.",
    ),
  knownHosts: z
    .string()
    .refine((text) => keysIn(text).length > 0 && keysIn(text).every((line) => KNOWN_HOST.test(line)), {
      error: "must be a public key as ssh-keyscan prints it, or several, a line each",
    })
    .optional()
    .describe(
      "Public key of an ssh:// address's server, as ssh-keyscan prints it. Default: those of github.com, gitlab.com, codeberg.org and bitbucket.org.",
    ),
});

export type Git = z.infer<typeof git>;

function keysIn(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** With the path of a repository of this machine made absolute, and each host key with its host. */
export function locatedGit({ knownHosts, ...of }: Git): Git {
  const at = wayOf(of.url) === "path" ? { ...of, ...repositoryOf(of.url) } : of;
  if (knownHosts === undefined) return at;
  const named = keysIn(knownHosts).map((line) =>
    /^(?:ssh|ecdsa|sk)-/.test(line) ? `${knownName(of.url)} ${line}` : line,
  );
  return { ...at, knownHosts: named.join("\n") };
}

/** What of its keys can't go together; a repository of this machine is out of reach of another one. */
export function gitProblems({ url, token, knownHosts }: Git, away: boolean): Problem[] {
  const way = wayOf(url);
  const problem = (key: string, value: unknown, text: string): Problem => ({
    path: ["git", key],
    value,
    text,
  });
  return [
    ...(away && way === "path"
      ? [problem("url", url, "is a path, which varvol:host can't see; give an address")]
      : []),
    ...(token !== undefined && way !== "http"
      ? [
          problem(
            "token",
            "***",
            "is for https:// addresses; over ssh:// the site has a key of its own: npx varvol git-key",
          ),
        ]
      : []),
    ...(knownHosts !== undefined && way !== "ssh"
      ? [problem("knownHosts", knownHosts, "is for ssh:// addresses")]
      : []),
    ...(way !== "path" && /^(?:localhost|127\..*|\[::1\]|.*\.localhost)$/.test(hostOf(url))
      ? [
          problem(
            "url",
            url,
            "names the puller's own container; name this machine as its containers reach it, e.g. 172.17.0.1",
          ),
        ]
      : []),
  ];
}

/** What the puller writes down of its last tries. */
export const PULLED: StatusFile = { role: "git", file: "/srv/site/status.json" };
