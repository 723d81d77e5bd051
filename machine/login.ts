/** Who logs in to which machine. */
export interface Login {
  readonly user: string;
  readonly address: string;
  readonly port: number;
}

/** Reads user@address or user@address:port, IPv6 in brackets; undefined where it is neither. */
export function parseLogin(text: string): Login | undefined {
  const [, user, plain, bracketed, port = "22"] =
    /^([^@\s-][^@\s]*)@(?:([^\s:[\]-][^\s:[\]]*)|\[([^\s\]]+)\])(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = plain ?? bracketed;
  return user && address ? { user, address, port: Number(port) } : undefined;
}
