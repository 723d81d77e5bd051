export function wordpressConf(): string {
  return "";
}
