/** Folders of a WordPress's volume: for its wp-content, and for what lay beside WordPress's own in its document root. */
export const CONTENT_FOLDER = "content";
export const ROOT_FOLDER = "root";

/** File in a wp-content of what its configuration called the site, a line each; gone once these are replaced. */
export const ADDRESSES = ".varvol-addresses";
/** For the socket by which its nginx is told to forget pages: nothing in it is data. */
export const PURGE_FOLDER = "purge";

/** Folders of a WordPress that its owner may have put, and named, as he liked; the first has the others in it. */
export const PLACES = [
  "wp-content",
  "wp-content/uploads",
  "wp-content/plugins",
  "wp-content/mu-plugins",
] as const;

export type Place = (typeof PLACES)[number];

/** Paths below the document root of folders that lay elsewhere than here, and what they are. */
export type Moved = Readonly<Record<string, Place>>;

/** A path that nginx or a shell reads as no more than that. */
export const PLAIN_PATH = /^(?!\.)[A-Za-z0-9_.-]+(?:\/(?!\.)[A-Za-z0-9_.-]+)*$/;
