import { imageTag } from "../../components/imageSource";
import { imagesOf, modulesOf } from "../../stacks/lock";
import { readGenerations } from "../generations";
import { scriptOnHost } from "../host";
import type { VerbOptions } from "../options";
import { json } from "../output";
import { openStack } from "../stack";

// Containers, running or asleep, keep what they were made from: docker itself refuses to remove it.
const SCRIPT = String.raw`
root=$1; shift
in_use=$(docker ps -aq --no-trunc | xargs -r docker inspect -f '{{.Config.Image}}' | sort -u)
docker images --format '{{.Repository}}:{{.Tag}} {{.Size}}' --filter 'reference=varvol/*' | while read -r image size; do
  for kept in "$@" $in_use; do [ "$kept" = "$image" ] && continue 2; done
  id=$(docker image inspect -f '{{.Id}}' "$image")
  docker rmi "$image" > /dev/null 2>&1 && echo "$image $size" && rm -f "$root/.varvol/proven/\${id#sha256:}"
done
exit 0
`.replaceAll("\\${", "${");

/** Removes Varvol's images that nothing runs, but for each role's current and previous one. */
export async function run(options: VerbOptions): Promise<void> {
  const { config } = await openStack(options);
  const generations = await readGenerations(config);
  const kept = [...generations.values()].flatMap((images) => [...new Set(images)].slice(0, 2));
  const locked = [
    ...config.sites.flatMap((site) => imagesOf(site).map((image) => imageTag(image, config.lock, site.name))),
    ...modulesOf(config).map(([owner, image]) => imageTag(image, config.lock, owner)),
  ];
  const text = await scriptOnHost(config, SCRIPT, [config.volumeRoot, ...new Set([...kept, ...locked])]);
  const removed = text
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split(" "))
    .map(([image = "", size = ""]) => ({ image, size }));
  if (options.json) return json({ removed });
  process.stdout.write(
    removed.length === 0
      ? "Nothing to remove.\n"
      : removed.map(({ image, size }) => `removed ${image} (${size})\n`).join(""),
  );
}
