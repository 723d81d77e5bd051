/** The project's name, and so what its keys begin with. */
export const PROJECT = "varvol";

/** Values under a project's keys, from Pulumi's own form of them: text, which is JSON where it is more than that. */
export function valuesOf(
  texts: Readonly<Record<string, string>>,
  project: string = PROJECT,
): Record<string, unknown> {
  const own = Object.entries(texts).filter(([key]) => key.startsWith(`${project}:`));
  return Object.fromEntries(own.map(([key, text]) => [key.slice(project.length + 1), plain(text)]));
}

function plain(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Pulumi's form of the values in a stack file or project file. */
export function textsOf(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, textOf(value)]));
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
