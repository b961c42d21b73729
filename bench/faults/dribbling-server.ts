// The origins of dribble-origins.ts, in a process of their own: raw sockets that answer so slowly, by the request's path.
//   /headers/<ms>, /body/<ms>, /chunks/<ms>  a byte every so many milliseconds, for ever
//   /redirect/<ms>  a redirect to the next such path, its headers a byte at a time until the last redirect
//   /picture        a picture, at once
//   /count          how many dribble now
//   /hang-up        closes all that dribble
import { createServer, type Socket } from "node:net";
import { detailedPicture } from "../../test/support/pictures.ts";

const picture = await detailedPicture(7);
const dribbling = new Set<Socket>();

const server = createServer((socket) => {
  let head = "";
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    head += bytes.toString("latin1");
    if (head.endsWith("\r\n\r\n")) answer(head.split(" ")[1] ?? "", socket);
  });
});

function answer(path: string, socket: Socket): void {
  const [, kind = "", pauseMs = "100"] = path.split("/");
  if (kind === "picture") {
    socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${picture.length}\r\n\r\n`), picture]));
  } else if (kind === "hang-up") {
    for (const other of dribbling) other.destroy();
    socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  } else if (kind === "count") {
    const count = String(dribbling.size);
    socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${count.length}\r\nConnection: close\r\n\r\n${count}`);
  } else if (kind === "headers") dribble(socket, "HTTP/1.1 200 OK\r\nX-Slow: ", "x", Number(pauseMs));
  else if (kind === "body") dribble(socket, "HTTP/1.1 200 OK\r\n\r\n", "x", Number(pauseMs));
  else if (kind === "chunks")
    dribble(socket, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", Number(pauseMs));
  else
    redirectSlowly(
      socket,
      `HTTP/1.1 302 Found\r\nLocation: /headers/${pauseMs}\r\nContent-Length: 0\r\n\r\n`,
      Number(pauseMs),
    );
}

function dribble(socket: Socket, head: string, piece: string, pauseMs: number): void {
  socket.write(head);
  const timer = setInterval(() => socket.write(piece), pauseMs);
  dribbling.add(socket);
  socket.on("close", () => {
    clearInterval(timer);
    dribbling.delete(socket);
  });
}

function redirectSlowly(socket: Socket, text: string, pauseMs: number): void {
  let sent = 0;
  dribbling.add(socket);
  // Half of the whole deadline at most, so that what it leads to gets its turn.
  const piece = Math.ceil(text.length / (5000 / pauseMs));
  const timer = setInterval(() => {
    socket.write(text.slice(sent, sent + piece));
    sent += piece;
    if (sent >= text.length) clearInterval(timer);
  }, pauseMs);
  socket.on("close", () => {
    clearInterval(timer);
    dribbling.delete(socket);
  });
}

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address !== "string") console.log(`listens on http://127.0.0.1:${address.port}`);
});
process.on("SIGTERM", () => process.exit());
