/** The client went away before its request was complete: nobody is there to answer, and nothing is wrong with us. */
export class ClientAborted extends Error {
  override readonly name = "ClientAborted";

  constructor(options?: ErrorOptions) {
    super("The client closed the connection before the request body was complete", options);
  }
}
