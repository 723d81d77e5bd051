import { z } from "zod";
import { StaticGitSite } from "../../components";
import { common } from "./common";
import { git, gitProblems, locatedGit, PULLED } from "./git";
import { FRONT_PAGE, type SiteKind } from "./kind";

const schema = z
  .strictObject({ ...common, kind: z.literal("static-git"), git })
  .describe("A folder of a git repository, pulled on a timer.");

export const staticGitKind: SiteKind<typeof schema> = {
  name: "static-git",
  what: "a folder of a git repository, pulled on a timer",
  schema,
  folder: "site",
  shape: ({ image }) => ({
    containers: [
      { role: "web", ...(!image && { image: "web" }) },
      { role: "git", image: "git" },
    ],
    folders: ["site", "repo"],
    database: false,
    health: { path: "/", answers: FRONT_PAGE },
    status: PULLED,
  }),
  located: (site) => ({ ...site, git: locatedGit(site.git) }),
  fillings: () => [],
  repository: (site) => site.git,
  problems: (site, away) => [
    ...gitProblems(site.git, away),
    ...(site.git.hook && site.image
      ? [
          {
            ...{ path: ["git", "hook"], value: true },
            text: "is answered by Varvol's own web image; leave it out, or the key image",
          },
        ]
      : []),
  ],
  create: (site, { args, limits }) =>
    new StaticGitSite(site.name, {
      ...args,
      memory: site.memory ?? limits.web,
      git: site.git,
      gitMemory: limits.git,
    }),
};
