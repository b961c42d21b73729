import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * Runs a health check's command against a server of ours.
 * @param status HTTP status the server answers, or null where nothing listens
 * @param readCommand gives the command for the server's port
 * @returns the command's exit code and the path it asked for
 */
export async function runHealthCommand(
  status: number | null,
  readCommand: (port: number) => readonly string[],
): Promise<{ exitCode: number | null; path: string | null }> {
  let path: string | null = null;
  const server = createServer((request, response) => {
    path = request.url ?? null;
    response.writeHead(status ?? 200).end();
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  if (status === null) await new Promise((resolve) => server.close(resolve));
  const [program = "", ...args] = readCommand(port);
  const child = spawn(program, args, { env: { ...process.env, PORT: String(port) }, stdio: "ignore" });
  const exitCode = await new Promise<number | null>((resolve) => child.once("close", resolve));
  server.closeAllConnections();
  server.close();
  return { exitCode, path };
}
