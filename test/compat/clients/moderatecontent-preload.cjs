/* Leads the vendor's npm package, whose host and port are fixed, to a TLS port of this machine. */
const https = require("node:https");

const get = https.get;
https.get = (options, answered) => {
  if (options.host !== "api.moderatecontent.com") throw new Error(`Expected no request to ${options.host}`);
  const headers = { Host: options.host, ...options.headers };
  const port = Number(process.env.TLS_PORT);
  return get({ ...options, host: "127.0.0.1", port, servername: options.host, headers }, answered);
};
