import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";
import { selfSignedCertificate } from "./self-signed.ts";

/** TLS in front of a plain port, as a client meets it that has https and the vendor's host written into it. */
export interface TlsFront {
  readonly port: number;
  /** PEM file of its certificate, for NODE_EXTRA_CA_CERTS. */
  readonly certificateFile: string;
  /** The heads of the requests that came, in order; of each connection the first. */
  readonly heads: readonly string[];
  close(): Promise<void>;
}

/** Ends TLS for `host` on a free port of the loopback and passes the bytes on to `port`. */
export async function startTlsFront(host: string, port: number): Promise<TlsFront> {
  const { key, cert } = selfSignedCertificate(host);
  const folder = await mkdtemp(join(tmpdir(), "lookalike-tls-"));
  const certificateFile = join(folder, "certificate.pem");
  await writeFile(certificateFile, cert);
  const heads: string[] = [];
  const server = createServer({ key, cert }, (client) => {
    const service = connect(port, "127.0.0.1");
    client.once("data", (bytes) => heads.push(bytes.toString("latin1").split("\r\n\r\n")[0] ?? ""));
    client.pipe(service).pipe(client);
    for (const socket of [client, service]) {
      socket.on("error", () => {
        client.destroy();
        service.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    certificateFile,
    heads,
    async close() {
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}
