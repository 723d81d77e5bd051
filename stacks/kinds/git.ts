import { z } from "zod";
import { repositoryFolder } from "../files";
import { duration, isRemoteUrl } from "../values";
import type { Problem, StatusFile } from "./kind";

/** The key of a site that is pulled from a repository. */
export const git = z.strictObject({
  url: z
    .string()
    .min(1)
    .describe("https://, http://, ssh:// or git:// address, or the path of a repository on this machine."),
  branch: z.string().min(1).optional().describe("Branch to serve. Default: the repository's HEAD."),
  folder: z
    .string()
    .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$)).*$/, "must be a folder inside the repository")
    .default("")
    .describe("Folder inside the repository to serve. Default: all of it."),
  every: duration.default(600).describe("How often to pull, e.g. 10m. Default: 10m."),
});

type Git = z.infer<typeof git>;

/** With the path of a repository of this machine made absolute. */
export function locatedGit(of: Git): Git {
  return isRemoteUrl(of.url) ? of : { ...of, url: repositoryFolder(of.url) };
}

/** A repository of this machine is out of reach of another one. */
export function gitProblems({ url }: Git, away: boolean): Problem[] {
  if (!away || isRemoteUrl(url)) return [];
  return [
    { path: ["git", "url"], value: url, text: "is a path, which varvol:host can't see; give an address" },
  ];
}

/** What the puller writes down of its last tries. */
export const PULLED: StatusFile = { role: "git", file: "/srv/site/status.json" };
