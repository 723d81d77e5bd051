import { z } from "zod";
import { StaticSite } from "../../components";
import { absolute } from "../files";
import { common, deniedProblems, path } from "./common";
import { FRONT_PAGE, type SiteKind } from "./kind";

const schema = z
  .strictObject({
    ...common,
    kind: z.literal("static"),
    import: path.optional().describe("Folder or archive that fills the site's volume while that is empty."),
  })
  .describe("A folder of files.");

export const staticKind: SiteKind<typeof schema> = {
  name: "static",
  what: "a folder of files",
  schema,
  folder: "site",
  accepts: {
    content: "files",
    as: "pages",
    database: "never",
    value: ({ content }) => content,
    keys: ({ denied }) => (denied?.length ? { denied } : {}),
  },
  shape: ({ image }) => ({
    containers: [{ role: "web", ...(!image && { image: "web" }) }],
    folders: ["site"],
    database: false,
    health: { path: "/", answers: FRONT_PAGE },
  }),
  located: (site) => (site.import === undefined ? site : { ...site, import: absolute(site.import) }),
  fillings: ({ import: from, denied }) =>
    from === undefined ? [] : [{ key: "import", archive: from, as: "pages", served: { denied } }],
  problems: deniedProblems,
  create: ({ name, memory, import: from }, { args, limits }) =>
    new StaticSite(name, { ...args, memory: memory ?? limits.web, import: from }),
};
