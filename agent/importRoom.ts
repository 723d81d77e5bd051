import * as fs from "node:fs";
import { Failure } from "./failure";

/** Part of the disk that no import may take. */
const RESERVE = 0.05;

/** What may still be written to a folder's disk: bytes, and files where it has a number of them; and what says that it's not enough. */
export function roomIn(folder: string): { bytes: number; files: number; failure: Failure } {
  const { bavail, bsize, blocks, ffree, files } = fs.statfsSync(folder);
  return {
    bytes: (bavail - blocks * RESERVE) * bsize,
    files: files > 0 ? ffree - files * RESERVE : Infinity,
    failure: new Failure(
      `does not fit: it would leave less than ${RESERVE * 100} % of the disk free; make room`,
    ),
  };
}
