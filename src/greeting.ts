/** What is told on standard output at the start. */
export interface Greeting {
  readonly host: string;
  readonly port: number;
  /** Shown this once; null where there is an admin key already. */
  readonly firstAdminKey: string | null;
}

/** The lines an operator sees: where the service listens, the first admin key, and a curl line to paste. */
export function greeting({ host, port, firstAdminKey }: Greeting): string {
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  const base = `http://${reachable}:${port}`;
  const key = firstAdminKey ?? "$LOOKALIKE_KEY";
  const lines = [`Lookalike listens on ${base} (reference: ${base}/docs)`];
  if (firstAdminKey !== null) lines.push(`First admin key, shown this once: ${firstAdminKey}`);
  lines.push("Check an image:", `  curl -H "Authorization: Bearer ${key}" -F image=@photo.jpg ${base}/v1/images/check`);
  return `${lines.join("\n")}\n`;
}
