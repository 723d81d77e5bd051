import { z } from "zod";
import { StaticGitSite } from "../../components";
import { duration } from "../values";
import { common, deniedProblems, pinnedImage } from "./common";
import { git, gitProblems, locatedGit, PULLED } from "./git";
import { FRONT_PAGE, type SiteKind } from "./kind";

const schema = z
  .strictObject({
    ...common,
    kind: z.literal("static-git"),
    git,
    build: z
      .strictObject({
        image: pinnedImage.describe("Image with the generator and a shell, pinned by digest."),
        command: z
          .string()
          .min(1)
          .describe("A line of shell that makes the site, run in the repository, or in git.folder."),
        output: z
          .string()
          .regex(
            /^(?![/.]*$)(?!\/)(?!.*(^|\/)\.\.(\/|$)).+$/,
            "must be a folder below the one that it runs in",
          )
          .describe("Folder below that one that the command fills, and that is served."),
        timeout: duration.default(600).describe("How long it may take. Default: 10m."),
        memory: z.number().int().min(32).default(512).describe("Memory limit in MiB. Default: 512."),
        network: z
          .boolean()
          .default(false)
          .describe("Whether it reaches the network, as for packages. Default: false."),
      })
      .optional()
      .describe(
        "A generator that makes the site of each commit. Default: none, the folder itself is served.",
      ),
  })
  .describe("A folder of a git repository, pulled on a timer.");

export const staticGitKind: SiteKind<typeof schema> = {
  name: "static-git",
  what: "a folder of a git repository, pulled on a timer",
  schema,
  folder: "site",
  shape: ({ image, build }) => ({
    containers: [
      { role: "web", ...(!image && { image: "web" }) },
      { role: "git", image: "git" },
      ...(build ? [{ role: "build" }] : []),
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
    ...deniedProblems(site),
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
      build: site.build,
      gitMemory: limits.git,
    }),
};
