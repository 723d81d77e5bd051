/** An export as All-in-One WP Migration writes it. */
export function wpressOf(files: readonly (readonly [name: string, text: string | Buffer])[]): Buffer {
  const pieces = files.flatMap(([name, text]) => {
    const head = Buffer.alloc(4377);
    const at = name.lastIndexOf("/");
    head.write(name.slice(at + 1), 0);
    head.write(String(Buffer.byteLength(text)), 255);
    head.write("1714557600", 269);
    head.write(at < 0 ? "." : name.slice(0, at), 281);
    return [head, Buffer.from(text)];
  });
  return Buffer.concat([...pieces, Buffer.alloc(4377)]);
}
