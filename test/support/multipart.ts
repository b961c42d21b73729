/** One part of a form, as it goes over the wire. */
export interface FormPart {
  readonly name: string;
  readonly body: string | Buffer;
  /** None where it is missing. */
  readonly filename?: string;
  /** Header lines besides Content-Disposition. */
  readonly headers?: readonly string[];
}

/** A multipart/form-data body (RFC 7578) with nothing in it but what its parts say. */
export function multipartBody(boundary: string, parts: readonly FormPart[]): Buffer {
  const pieces = parts.flatMap(({ name, body, filename, headers = [] }) => {
    const file = filename === undefined ? "" : `; filename="${filename}"`;
    const lines = [`--${boundary}`, `Content-Disposition: form-data; name="${name}"${file}`, ...headers, "", ""];
    return [Buffer.from(lines.join("\r\n")), Buffer.from(body), Buffer.from("\r\n")];
  });
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}

/** A body in chunks of so many bytes (RFC 9112, section 7.1). */
export function chunkedBody(body: Buffer, chunkBytes: number): Buffer {
  const pieces: Buffer[] = [];
  for (let from = 0; from < body.length; from += chunkBytes) {
    const chunk = body.subarray(from, from + chunkBytes);
    pieces.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from("\r\n"));
  }
  return Buffer.concat([...pieces, Buffer.from("0\r\n\r\n")]);
}
