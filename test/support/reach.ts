import type { Result } from "../../base/exec";

/** Runs a shell script in a container. */
export type RunIn = (container: string, script: string) => Promise<Result>;

/** What may be asked, by a name for it: address and port. */
export type Targets = Readonly<Record<string, readonly [address: string, port: number]>>;

/** The targets at which a TCP connection from a container comes about, all tried at the same time: most are dropped without a word. */
export async function reached(run: RunIn, container: string, targets: Targets): Promise<string[]> {
  const tries = Object.entries(targets).map(
    ([name, [address, port]]) =>
      `(timeout 3 bash -c '</dev/tcp/${address}/${port}' 2> /dev/null && echo '${name}') &`,
  );
  const { code, stdout, stderr } = await run(container, `${tries.join("\n")}\nwait`);
  if (code !== 0) throw new Error(`${container}: ${stderr}`);
  return stdout.split("\n").filter(Boolean).sort();
}

/** A server of TCP that takes whatever comes, in perl, which every Debian has. */
export function listen(port: number): string {
  return `perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(LocalAddr => "0.0.0.0", LocalPort => ${port}, Listen => 9, ReuseAddr => 1) or die $@; close $_ while $_ = $s->accept'`;
}

/** An address as the internet has them, in the range that is for examples, and a link-local one, as clouds answer at. */
export const OUTSIDE = { internet: "198.51.100.2", linkLocal: "169.254.77.7", port: 80 } as const;

const remove = "ip link del vout; ip netns del varvol-outside";

/** A machine beyond the host that is at both addresses: a network of its own, which no docker knows. */
export const startOutside = `
  { ${remove}; } 2> /dev/null || true
  ip netns add varvol-outside
  ip link add vout type veth peer name vin netns varvol-outside
  ip addr add 198.51.100.1/30 dev vout && ip link set vout up
  ip -n varvol-outside addr add ${OUTSIDE.internet}/30 dev vin
  ip -n varvol-outside addr add ${OUTSIDE.linkLocal}/32 dev vin
  ip -n varvol-outside link set vin up
  ip route add ${OUTSIDE.linkLocal}/32 via ${OUTSIDE.internet}
  setsid ip netns exec varvol-outside ${listen(OUTSIDE.port)} > /dev/null 2>&1 < /dev/null &
  echo $! > /run/varvol-outside.pid`;

export const stopOutside = `
  kill "$(cat /run/varvol-outside.pid)"; rm -f /run/varvol-outside.pid
  ${remove}`;
