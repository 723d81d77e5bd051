import { imageTag } from "../../components/imageSource";
import { scriptOnHost } from "../../machine/host";
import type { HostConfig } from "../../stacks/config";
import { containersOf } from "../../stacks/images";
import { MODULES } from "../../stacks/modules";

// Containers, running or asleep, keep what they were made from: docker itself refuses to remove it. Of other stacks on
// the same machine, too, the current and previous images stay, and the one that restic runs in now and then.
const SCRIPT = String.raw`
root=$1; shift
in_use=$(docker ps -aq --no-trunc | xargs -r docker inspect -f '{{.Config.Image}}' | sort -u)
roots=$(docker ps -aq --filter label=varvol.role=gateway |
  xargs -r docker inspect -f '{{range .Mounts}}{{println .Source}}{{end}}' | sed -n 's|/gateway/conf$||p')
needed=$(for one in "$root" $roots; do
  for role in "$one"/.varvol/generations/*; do [ ! -f "$role" ] || tac "$role" | awk '!seen[$0]++' | head -n 2; done
  [ ! -f "$one/.varvol/backup/host" ] || cut -d ' ' -f 3 "$one/.varvol/backup/host"
done)
docker images --format '{{.Repository}}:{{.Tag}} {{.Size}}' --filter 'reference=varvol/*' | while read -r image size; do
  for kept in "$@" $needed $in_use; do [ "$kept" = "$image" ] && continue 2; done
  id=$(docker image inspect -f '{{.Id}}' "$image")
  docker rmi "$image" > /dev/null 2>&1 && echo "$image $size" && rm -f "$root/.varvol/proven/\${id#sha256:}"
done
exit 0
`.replaceAll("\\${", "${");

/** An image that is gone, and what it took. */
export interface Removed {
  readonly image: string;
  readonly size: string;
}

/** Removes Varvol's images that no stack on the host needs: each role's current and previous one stay. */
export async function pruneImages(config: HostConfig): Promise<Removed[]> {
  const locked = [...config.sites, ...MODULES].flatMap(({ name }) =>
    containersOf(config, name).flatMap(({ image }) => (image ? imageTag(image, config.lock, name) : [])),
  );
  const text = await scriptOnHost(config, SCRIPT, [config.volumeRoot, ...new Set(locked)]);
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split(" "))
    .map(([image = "", size = ""]) => ({ image, size }));
}
