/** A name as SQL reads it back unchanged. */
export function identifier(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

/** A text as SQL reads it back unchanged, whatever the server's sql_mode is. */
export function literal(text: string): string {
  return `CONVERT(X'${Buffer.from(text).toString("hex")}' USING utf8mb4)`;
}
