import { UserError } from "../../base/errors";
import { meant } from "../../base/nearest";
import { step } from "../../base/output";
import { askHost } from "../../machine/scripts";
import type { HostConfig } from "../../stacks/config";
import { MODULE_NAMES } from "../../stacks/modules";
import { listRuns } from "../backup/repository";
import type { Run } from "../backup/runs";

/** What a site or module takes of the disk, in bytes. */
export interface Room {
  readonly name: string;
  /** site, module, or none where it is configured no more. */
  readonly what: "site" | "module" | "none";
  /** All of its volume. */
  readonly files: number;
  readonly folders: Readonly<Record<string, number>>;
  readonly database: number;
  readonly logs: number;
  /** What its snapshots have added to the repository; undefined where there are no backups. */
  readonly backups?: number;
  /** What files and database may take together; undefined for no limit of its own. */
  readonly limit?: number;
}

export interface DiskUse {
  readonly rooms: readonly Room[];
  /** Of the disk that the volumes are on. */
  readonly size: number;
  readonly free: number;
}

const MIB = 1024 * 1024;

/** Asks what takes the disk: of all, or of the sites named. */
export async function diskUse(config: HostConfig, names: readonly string[]): Promise<DiskUse> {
  const known = [...config.sites.map(({ name }) => name), ...MODULE_NAMES];
  const answered = await step("Disk", async () => {
    const [said, runs] = await Promise.all([
      askHost(config, "disk", [`varvol/${config.stack}`, config.volumeRoot, ...names]),
      config.backup ? listRuns(config) : undefined,
    ]);
    return readDisk(config, said, runs);
  });
  const unknown = names.find((name) => ![...known, ...answered.rooms.map((one) => one.name)].includes(name));
  if (unknown === undefined) return answered;
  throw new UserError(
    `${unknown} is no site or module of ${config.stack}, and has no data.${meant(unknown, known)}`,
    `There are: ${known.join(", ")}`,
  );
}

/** What the script disk has said; snapshots are counted where there are any to be. */
export function readDisk({ sites }: Pick<HostConfig, "sites">, said: string, runs?: readonly Run[]): DiskUse {
  const lines = said.split("\n").map((line) => line.split("\t"));
  const all = (what: string) => lines.filter(([key]) => key === what).map(([, ...rest]) => rest);
  const kib = (value: string | undefined) => Number(value ?? 0) * 1024;
  const folders = all("folder");
  const databases = new Map(all("database").map(([name = "", size]) => [name, kib(size)]));
  const names = [...new Set([...folders.map(([name = ""]) => name), ...databases.keys()])];
  const sum = (values: readonly number[]) => values.reduce((total, one) => total + one, 0);
  const rooms = names.map((name): Room => {
    const own = folders.filter(([of]) => of === name);
    const whole = kib(own.find(([, inner]) => inner === "")?.[2]);
    const disk = sites.find((site) => site.name === name)?.disk;
    const isModule = MODULE_NAMES.includes(name);
    return {
      name,
      what: isModule ? "module" : sites.some((site) => site.name === name) ? "site" : "none",
      // Databases lie in MySQL's volume, and are counted where they belong.
      files: name === "mysql" ? Math.max(0, whole - sum([...databases.values()])) : whole,
      folders: Object.fromEntries(own.flatMap(([, inner = "", size]) => (inner ? [[inner, kib(size)]] : []))),
      database: databases.get(name) ?? 0,
      logs: sum(
        all("logs")
          .filter(([of]) => of === name)
          .map(([, size]) => kib(size)),
      ),
      ...(runs && { backups: sum(runs.filter(({ site }) => site === name).map(({ added }) => added)) }),
      ...(disk !== undefined && { limit: disk * MIB }),
    };
  });
  const [size, free] = all("disk")[0] ?? [];
  const total = ({ files, database, logs }: Room) => files + database + logs;
  return { rooms: rooms.sort((a, b) => total(b) - total(a)), size: kib(size), free: kib(free) };
}
