export { Repository } from "./backup/repository";
export { Gateway } from "./gateway/gateway";
export { Host } from "./host";
export { Intercontainer } from "./intercontainer";
export { Mysql } from "./mysql/mysql";
export type { Site } from "./sites/site";
export { StaticGitSite } from "./sites/staticGitSite";
export { StaticSite } from "./sites/staticSite";
export { WordPressSite } from "./sites/wordpressSite";
