export function packagesInstalled(repo: string, development: boolean): boolean;
