import { UserError } from "../../base/errors";
import { colors, json } from "../../base/output";
import { lookAtHost } from "../../engine/hostFacts";
import { openStack } from "../../engine/stack";
import { diskUse } from "../../flows/daily/disk";
import { wordPressNamed } from "../../flows/daily/people";
import {
  type Foreseen,
  foresee,
  readParts,
  roomProblem,
  type SyncArgs,
  synchronise,
} from "../../flows/daily/sync";
import type { HostConfig } from "../../stacks/config";
import { confirm } from "../confirm";
import * as texts from "../options";
import { printProof } from "../proof";

interface Options extends texts.JsonOption {
  readonly database?: boolean;
  readonly files?: boolean;
  readonly uploads?: boolean;
  readonly yes?: boolean;
}

export const options: texts.OptionsOf<Options> = {
  database: ["--database", "the database: posts, settings, users and their passwords"],
  files: ["--files", "plugins, themes and all else in wp-content, but uploads and caches"],
  uploads: ["--uploads", "what was uploaded"],
  yes: texts.yes,
  json: texts.json,
};

/** Puts what a WordPress has in the place of what another one of the host has. */
export async function run(options: Options, [from = "", to = ""]: readonly string[] = []): Promise<void> {
  const { config } = await openStack(options);
  if (from === to && from !== "") throw new UserError(`${from} and ${to} are one site.`);
  const args: SyncArgs = {
    from: wordPressNamed(config, from),
    to: wordPressNamed(config, to),
    parts: readParts(options),
  };
  const { routed } = await lookAtHost(config);
  const missing = [from, to].find((name) => !routed.has(name));
  if (missing !== undefined)
    throw new UserError(`${missing} is not deployed yet.`, "Run `npx varvol up` first.");
  const problem = roomProblem(args, await diskUse(config, [from, to]));
  if (problem !== undefined) throw new UserError(problem, "Nothing was changed.");
  const foreseen = await foresee(config, args);
  if (!options.json || !options.yes) process.stderr.write(whatGoes(config, args, foreseen));
  await confirm(options, `Put ${listed(args)} of ${from} in the place of what ${to} has?`);
  const { away, snapshot, dump, proof } = await synchronise(config, args, foreseen);
  const lost = foreseen.lost;
  if (options.json) json({ from, to, parts: args.parts, away, lost, snapshot, dump, proof });
  else {
    printProof(proof);
    const kept = [
      ...(snapshot
        ? [`What it had before is the snapshot ${snapshot}: npx varvol restore ${to} --snapshot ${snapshot}`]
        : []),
      ...(dump
        ? [
            `Its database as it was just before the switch is ${dump} on the host; npx varvol sql ${to} --import takes a copy of that.`,
          ]
        : []),
    ];
    process.stdout.write(
      `\n${to} has ${listed(args)} of ${from}; it was away for ${away} s.\n${kept.join("\n") || "What it had before is gone."}\n`,
    );
  }
  if (proof.problems.length === 0) return;
  throw new UserError(
    proof.problems.map((text) => `${to} has not come whole: ${text}`).join("\n"),
    "Nothing is taken back: look at it first.",
  );
}

function listed({ parts }: SyncArgs): string {
  const names = parts.map((part) => `the ${part}`);
  return names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
}

/** What is lost, replaced and kept, in a line each. */
function whatGoes({ backup }: HostConfig, { from, to, parts }: SyncArgs, { lost, apart }: Foreseen): string {
  const hasDatabase = parts.includes("database");
  const lines = [
    ...(lost.length > 0
      ? [
          `${colors.yellow(to.name)} has what ${from.name} lacks or has of an older time, and loses it: ${lost
            .map(({ what, count }) => `${count} × ${what}`)
            .join(", ")}. Nothing is merged.`,
        ]
      : []),
    ...(apart.length > 0
      ? [
          `${colors.yellow(to.name)} has no files of ${apart.join(", ")}, and none come: say --files where the database needs them.`,
        ]
      : []),
    ...(hasDatabase
      ? [
          `Users and passwords of ${to.name} become those of ${from.name}, and everybody is logged out; its salts, address and visibility for search engines stay its own.`,
        ]
      : []),
    backup
      ? `A snapshot of ${to.name} is taken first${hasDatabase ? ", and a dump of its database just before the switch" : ""}; files that come to it in between are lost.`
      : hasDatabase && parts.length === 1
        ? `The database of ${to.name} is kept as a dump: the host has no backups.`
        : `The host has no backups: ${hasDatabase ? "the database is kept as a dump, and " : ""}the files that ${to.name} has now are lost.`,
    `${to.name} is away for some seconds.`,
  ];
  return lines.map((line) => `${line}\n`).join("");
}
