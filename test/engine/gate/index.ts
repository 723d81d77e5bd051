// The order that every replacement stands on, without docker: a thing that is replaced, a gate that may stay shut, a
// switch behind it. The thing's deletion leaves a mark.
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
const generation = config.require("generation");
const folder = config.require("folder");

const thing = new command.local.Command(
  "thing",
  {
    create: `touch ${folder}/made-${generation}; echo ${generation}`,
    delete: `touch ${folder}/deleted-${generation}`,
    triggers: [generation],
  },
  { deleteBeforeReplace: false },
);
const gate = new command.local.Command("gate", {
  create: pulumi.interpolate`test -e ${folder}/healthy-${thing.stdout} || { echo "not healthy: ${thing.stdout}" >&2; exit 1; }`,
  addPreviousOutputInEnv: false,
});
new command.local.Command(
  "switch",
  { create: pulumi.interpolate`echo ${thing.stdout} > ${folder}/serving`, addPreviousOutputInEnv: false },
  { dependsOn: gate },
);
