/** Posts JSON, or a picture as the raw body, to a service on this port; what it needs has to be there, so a refusal throws. */
export async function postAsAdmin(port: number, adminKey: string, path: string, body: unknown): Promise<Response> {
  const raw = body instanceof Uint8Array;
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${adminKey}`, "content-type": raw ? "image/png" : "application/json" },
    body: raw ? new Uint8Array(body) : JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${await response.text()}`);
  return response;
}
