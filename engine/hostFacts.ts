import { scriptOnHost } from "../machine/host";
import { baseImage } from "../machine/setup/base-image";
import type { HostConfig } from "../stacks/config";
import { filledFolders } from "../stacks/kinds";

/** What a look at the host finds. */
export interface HostFacts {
  /** Version of the docker daemon; undefined where none answers. */
  readonly docker?: string;
  /** Why no daemon answers. */
  readonly dockerProblem?: string;
  /** Whether docker has the image that all others are built on. */
  readonly baseImage: boolean;
  /** Free space in MiB where the volumes and where docker's images are. */
  readonly free: { readonly volumes: number; readonly docker: number };
  /** Who listens on the gateway's ports, by port; "docker" where it is this stack's own gateway. */
  readonly listeners: ReadonlyMap<number, string>;
  /** Names under the volume root. */
  readonly volumes: readonly string[];
  /** Sites that have been filled, and so need no import any more. */
  readonly filled: ReadonlySet<string>;
  /** Sites that the gateway routes. */
  readonly routed: ReadonlySet<string>;
  /** This stack's containers that run, as owner/role. */
  readonly running: ReadonlySet<string>;
  /** The volume root that this stack's containers use, where it is another one and still has their data. */
  readonly rootSoFar?: string;
  /** Version of MariaDB that the data is of. */
  readonly mariadb?: string;
  /** Hours since the newest dump in <volume root>/mysql/dumps. */
  readonly dumpAge?: number;
}

const SCRIPT = String.raw`
root=$1 gateway=$2 label=$3 base=$4 folders=$5; shift 5
parent=$root; while [ ! -d "$parent" ]; do parent=$(dirname "$parent"); done
free() { df -Pm "$1" 2>/dev/null | awk 'NR == 2 { print $4 }'; }
if version=$(timeout 20 docker version --format '{{.Server.Version}}' 2>&1); then
  echo "docker $version"
  echo "free-docker $(free "$(docker info --format '{{.DockerRootDir}}')")"
else
  echo "docker-problem $(printf %s "$version" | tail -n 1)"
fi
docker image inspect "$base" > /dev/null 2>&1 && echo base-image
docker ps -a --filter "label=varvol.host=$label" --format 'container {{.Label "varvol.owner"}}/{{.Label "varvol.role"}} {{.State}}' 2>/dev/null
echo "free-volumes $(free "$parent")"
own=$(docker inspect -f '{{.State.Running}}' "$gateway" 2>/dev/null || true)
for port; do
  line=$(ss -H -ltnp "sport = :$port" 2>/dev/null | head -n 1)
  [ -n "$line" ] || continue
  if [ "$own" = true ] && docker port "$gateway" 2>/dev/null | grep -q ":$port\$"; then echo "listener $port docker"; continue; fi
  name=$(printf %s "$line" | sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\1 (pid \2)/p')
  case $name in docker-proxy*)
    holder=$(docker ps --filter "publish=$port" --format '{{.Names}}' | head -n 1); name="the container $holder" ;;
  esac
  echo "listener $port \${name:-another process}"
done
if [ -d "$root" ]; then
  cd "$root"
  for folder in *; do
    [ -d "$folder" ] || continue
    echo "volume $folder"
    for inner in $folders; do
      [ -d "$folder/$inner" ] && [ -n "$(ls -A "$folder/$inner")" ] && echo "filled $folder"
    done
  done
fi
old=$(docker ps -aq --filter "label=varvol.host=$label" --filter label=varvol.role=gateway 2>/dev/null | head -n 1)
old=\${old:+$(docker inspect -f '{{range .Mounts}}{{println .Source}}{{end}}' "$old" | sed -n 's|/gateway/conf$||p')}
[ -z "$old" ] || [ "$old" = "$root" ] || [ ! -d "$old/gateway" ] || echo "root-so-far $old"
echo "mariadb $(cat "$root/mysql/data/data/mariadb_upgrade_info" "$root/mysql/data/data/mysql_upgrade_info" 2>/dev/null | head -n 1)"
newest=$(find "$root/mysql/dumps" -maxdepth 1 -type f -size +1k -printf '%Ts\n' 2>/dev/null | sort -n | tail -n 1)
[ -z "$newest" ] || echo "dump $(( ($(date +%s) - newest) / 3600 ))"
sed 's/^\([^ ]*\) .*/routed \1/' "$root/gateway/conf/current/manifest" 2>/dev/null
exit 0
`.replaceAll("\\${", "${");

/** Looks at the host; changes nothing. */
export async function lookAtHost(config: HostConfig): Promise<HostFacts> {
  const ports = [config.http, config.https].map(String);
  const text = await scriptOnHost(config, SCRIPT, [
    config.volumeRoot,
    `${config.namespace}gateway-net`,
    `varvol/${config.stack}`,
    baseImage,
    filledFolders().join(" "),
    ...ports,
  ]);
  const lines = text.split("\n").map((line) => /^(\S+) ?(.*)$/.exec(line)?.slice(1) ?? []);
  const all = (key: string) => lines.filter(([name]) => name === key).map(([, value = ""]) => value);
  const listeners = all("listener").map((line): [number, string] => [
    Number(line.split(" ")[0]),
    line.slice(line.indexOf(" ") + 1),
  ]);
  const dump = all("dump")[0];
  return {
    docker: all("docker")[0],
    dockerProblem: all("docker-problem")[0],
    baseImage: all("base-image").length > 0,
    free: { volumes: Number(all("free-volumes")[0]), docker: Number(all("free-docker")[0]) },
    listeners: new Map(listeners),
    volumes: all("volume"),
    filled: new Set(all("filled")),
    routed: new Set(all("routed")),
    running: new Set(
      all("container").flatMap((line) => (line.endsWith(" running") ? [line.split(" ")[0] ?? ""] : [])),
    ),
    rootSoFar: all("root-so-far")[0],
    mariadb: all("mariadb")[0] || undefined,
    dumpAge: dump === undefined ? undefined : Number(dump),
  };
}
