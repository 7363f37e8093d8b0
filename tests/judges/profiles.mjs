// What the AWS SDK for JavaScript reads in files of profiles: a list of pairs of paths on stdin, what it finds on stdout.
import { loadSharedConfigFiles } from "@smithy/shared-ini-file-loader";
import { readFileSync } from "node:fs";

const told = [];
for (const [filepath, configFilepath] of JSON.parse(readFileSync(0, "utf8"))) {
  told.push(await loadSharedConfigFiles({ filepath, configFilepath }));
}
process.stdout.write(JSON.stringify(told));
